import { expecting, mustBe, word } from "@piopiy/pcmo";
import * as v from "valibot";
import { isCidr } from "./cidr.ts";

const hostExpects = "a host name or an IP address";
export const host = (about: string) => word(/^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/, hostExpects, about);

const offExpects = "a port from 0 (any free one) to 65535, or false for off";
export const portOrOff = (about: string) => {
  const message = mustBe(offExpects);
  return v.pipe(
    v.union(
      [
        v.literal(false),
        v.picklist(["off", "false"]),
        v.pipe(v.number(message), v.integer(message), v.minValue(0, message), v.maxValue(65_535, message)),
        v.pipe(v.string(message), v.regex(/^[0-9]{1,5}$/, message)),
      ],
      message,
    ),
    expecting(offExpects, about),
    v.transform((value): number | false => (value === false || value === "off" || value === "false" ? false : Number(value))),
    v.check((value) => value === false || value <= 65_535, message),
  );
};

const cidrMessage = mustBe("an address or a block of addresses such as 10.0.0.0/8 or 2001:db8::/32");
const listMessage = mustBe("a list of addresses or blocks of addresses");

export const cidrList = (about: string) =>
  v.optional(
    v.pipe(v.array(v.pipe(v.string(cidrMessage), v.check(isCidr, cidrMessage)), listMessage), expecting("a list of addresses or blocks of addresses", about)),
    [],
  );

const hostsExpects = "a list of host names, addresses and blocks of addresses";
const hostOrBlock = v.union([v.pipe(v.string(), v.check(isCidr)), host("A host name")], mustBe("a host name, an address or a block of addresses"));
export const hostsOrBlocks = (about: string) =>
  v.exactOptional(v.pipe(v.array(hostOrBlock, mustBe(hostsExpects)), expecting(hostsExpects, about)));
