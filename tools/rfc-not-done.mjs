/** What of the RFCs is left out, and what there is in its place. Sections are named where only a part is left out. */
export const notDone = [
  { rfc: "3261 §16", what: "Proxying: forwarding a request for somebody else", instead: "Calls end here and begin here (a back-to-back user agent); `connect` joins two calls" },
  { rfc: "3261 §8.1.3.4, §19.1.5", what: "Following a 3xx", instead: "The call fails with the cause `unreachable`: a far end must not choose whom this server calls" },
  { rfc: "3261 §23", what: "S/MIME", instead: "TLS" },
  { rfc: "3261 §22.3", what: "Proxy-Authorization asked of callers", instead: "WWW-Authenticate: we are their end, not a proxy. Challenges of proxies on our way out are answered" },
  { rfc: "3327", what: "Path", instead: "A phone is reached where its REGISTER came from" },
  { rfc: "5627", what: "GRUU", instead: "The contact or, with Outbound, the flow" },
  { rfc: "6665, 3903", what: "SUBSCRIBE, NOTIFY outside of REFER, PUBLISH (presence, message waiting)", instead: "489 with `Allow-Events`" },
  { rfc: "5764 §3, §4.2", what: "Keys of their own for the RTCP of a peer that does not multiplex it with RTP", instead: "Offers say `a=rtcp-mux`. The handshakes of who answers without are both answered, its audio is whole; reports go to it neither in the clear nor with the keys of RTP" },
  { rfc: "3556", what: "Bandwidths of RTCP other than 0", instead: "A report about every five seconds, as RFC 3550 has it: 200 bit/s" },
  { rfc: "3428", what: "Delivering MESSAGE", instead: "405, with `Allow`" },
  { rfc: "8224", what: "Identity (STIR/SHAKEN)", instead: "Left to the carrier; the caller's number is believed of trunks only" },
  { rfc: "3323", what: "Privacy: we hide nothing for a caller", instead: "Left to the carrier" },
  { rfc: "5939", what: "Capability negotiation in SDP", instead: "Plain offer/answer" },
];
