import { expect, test } from "vitest";
import { createAddressCheck } from "./addresses.js";
import { type AllowList, createAllowList } from "./allowList.js";
import { readTarget, toText } from "./target.js";

const isPublic = createAddressCheck(() => []);
const listOf = (...entries: string[]): AllowList => createAllowList(entries, isPublic);
const lists = (list: AllowList, text: string): boolean => list.lists(readTarget(text) ?? { host: "", port: 0 });

test("a name without a port is listed for the ports of HTTP", () => {
  const list = listOf("packages.example.org");
  expect(["packages.example.org:443", "packages.example.org:80", "PACKAGES.example.org.:443"].map((text) => lists(list, text))).toEqual([true, true, true]);
  expect(["packages.example.org:22", "example.org:443", "a.packages.example.org:443", "notpackages.example.org:443"].map((text) => lists(list, text))).toEqual([false, false, false, false]);
});

test("a name with a port is listed for that port alone", () => {
  const list = listOf("api.test:8080", "other.test:443");
  expect(["api.test:8080", "api.test:80", "api.test:443", "other.test:443", "other.test:80"].map((text) => lists(list, text))).toEqual([true, false, false, true, false]);
});

test("a wildcard stands for every name below, and not for the name itself or an address", () => {
  const list = listOf("*.example.com:443", "*.0.0.1.test");
  expect(["a.example.com:443", "b.a.example.com:443", "example.com:443", "aexample.com:443", "a.example.com:80"].map((text) => lists(list, text))).toEqual([true, true, false, false, false]);
});

test("an address is listed in every spelling, and only a listed one may be inside", () => {
  const list = listOf("127.0.0.1:8080", "[FD00::0:1]:443", "api.test:8080", "localhost:9000");
  expect(["127.0.0.1:8080", "2130706433:8080", "0x7f.1:8080", "[fd00::1]:443", "127.0.0.1:80"].map((text) => lists(list, text))).toEqual([true, true, true, true, false]);
  const inside = (host: string, port: number): boolean => list.listsAddress({ host, port });
  expect([inside("127.0.0.1", 8080), inside("fd00::1", 443), inside("::1", 9000), inside("127.0.0.1", 9000), inside("10.0.0.1", 8080), inside("127.0.0.1", 443)]).toEqual([true, true, true, true, false, false]);
});

test.each(["", "*", "*.*.test", "a.*.test", "http://a.test", "a.test/x", "user@a.test", "a.test:", "a.test:0", "a.test:65536", "a..test", "1.2.3.4.5", "*.127.0.0.1", "*.10.0.0.1:80", "::1", "[::1", "a b.test", "a.test:80:80"])(
  "an entry that is no host is refused, with what to write: %j",
  (entry) => expect(() => listOf(entry)).toThrow(/is no host\. Write a name or an address/),
);

test.each(["127.0.0.1", "10.0.0.5", "localhost", "LOCALHOST.", "[::1]", "2130706433"])("an address inside is refused without its port: %s", (entry) => {
  expect(() => listOf(entry)).toThrow("its port has to be named too");
});

test.each([
  ["a.test:1", "a.test:1"],
  ["A.Test.:65535", "a.test:65535"],
  ["[::FFFF:127.0.0.1]:80", "[::ffff:7f00:1]:80"],
  ["0177.0.0.1:80", "127.0.0.1:80"],
])("%s is read as %s", (text, target) => {
  const read = readTarget(text);
  expect(read && toText(read)).toBe(target);
});
