/** Realistic INVITEs of about 1 KB, as a carrier's proxy passes them on; each with its own ids, so that nothing is cached. */
export function invites(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, index) => Buffer.from(invite(index)));
}

function invite(index: number): string {
  const id = (index * 2_654_435_761 % 4_294_967_296).toString(16).padStart(8, "0");
  const caller = `+9198${String(10_000_000 + index)}`;
  const sdp = offer(20_000 + (index % 10_000) * 2);
  return [
    `INVITE sip:+918001234567@203.0.113.10:5060;user=phone SIP/2.0`,
    `Record-Route: <sip:198.51.100.20;lr=on;ftag=as${id};did=5f1.${id}>`,
    `Via: SIP/2.0/UDP 198.51.100.20:5060;branch=z9hG4bK${id}.7d1e4a;rport`,
    `Via: SIP/2.0/UDP 192.0.2.30:5080;received=192.0.2.30;branch=z9hG4bK-524287-1---${id};rport=5080`,
    `Max-Forwards: 69`,
    `From: "${caller}" <sip:${caller}@carrier.example.com;user=phone>;tag=as${id}`,
    `To: <sip:+918001234567@203.0.113.10;user=phone>`,
    `Call-ID: ${id}-5d2c-1b3f-9a77@192.0.2.30`,
    `CSeq: 102 INVITE`,
    `Contact: <sip:${caller}@192.0.2.30:5080;transport=udp>`,
    `User-Agent: Carrier SBC 7.2.1`,
    `Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, UPDATE`,
    `Supported: replaces, timer, 100rel`,
    `Session-Expires: 1800;refresher=uac`,
    `Min-SE: 90`,
    `P-Asserted-Identity: "${caller}" <sip:${caller}@carrier.example.com>`,
    `Content-Type: application/sdp`,
    `Content-Length: ${sdp.length}`,
    ``,
    sdp,
  ].join("\r\n");
}

const offer = (port: number): string =>
  [
    "v=0", "o=carrier 1873942 1873942 IN IP4 192.0.2.31", "s=-", "c=IN IP4 192.0.2.31", "t=0 0",
    `m=audio ${port} RTP/AVP 8 0 101`, "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv", "",
  ].join("\r\n");
