/** What tools that look for open servers call themselves, when nobody has told them not to. */
const SCANNERS = /^(?:friendly-(?:scanner|request)|sipvicious|sundayddr|sip-?scan|sipcli\b|vaxsipuseragent|pplsip|iwar\b|smap\b|eyebeam release 3006o stamp 17551$|sip-probe|siparmyknife|sivus|gulp\b|voipbuster scanner|elite?[- ]?scanner|zmap)/i;

/** Whether a User-Agent is a known scanner's. */
export const isScanner = (userAgent: string | undefined): boolean => userAgent !== undefined && SCANNERS.test(userAgent.trim());
