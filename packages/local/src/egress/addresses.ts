import { BlockList, isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";

/** IPv4 networks that are not the internet: https://www.iana.org/assignments/iana-ipv4-special-registry, multicast, and 6to4 relays. */
const specialIpv4 = [
  ["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12], ["192.0.0.0", 24], ["192.0.2.0", 24],
  ["192.88.99.0", 24], ["192.168.0.0", 16], ["198.18.0.0", 15], ["198.51.100.0", 24], ["203.0.113.0", 24], ["224.0.0.0", 4], ["240.0.0.0", 4],
] as const;

/** What is not the internet within IPv6's global addresses. Some of it, like 6to4, carries any IPv4 address inside. */
const specialIpv6 = [["2001::", 23], ["2001:db8::", 32], ["2002::", 16], ["3fff::", 20]] as const;

/** Makes the check whether an address is one of the internet's: not this machine's, nor of a network around it. */
export function createAddressCheck(ownAddresses: () => readonly string[] = addressesOfThisMachine): (address: string) => boolean {
  const [special, global] = [new BlockList(), new BlockList()];
  for (const [network, prefix] of specialIpv4) special.addSubnet(network, prefix, "ipv4");
  for (const [network, prefix] of specialIpv6) special.addSubnet(network, prefix, "ipv6");
  global.addSubnet("2000::", 3, "ipv6"); // all else, IPv4 in IPv6's clothes included, is not given to anybody's host
  return (address) => {
    if (!isIP(address) || address.includes("%") || ownAddresses().includes(address)) return false;
    return isIPv4(address) ? !special.check(address, "ipv4") : global.check(address, "ipv6") && !special.check(address, "ipv6");
  };
}

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((device) => device?.map(({ address }) => address) ?? []);
}
