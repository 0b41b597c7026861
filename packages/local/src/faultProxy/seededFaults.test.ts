import { expect, test } from "vitest";
import { answering, openClient, startProxy, startTarget } from "../../test/proxyEnds.js";

test("faults are those of the seed and the connection, whatever else happens", async () => {
  const target = await startTarget(answering("abcdefghijklmnopqrstuvwxyz"));
  const lengths = async (seed: number): Promise<number[]> => {
    const proxy = await startProxy({
      targetPort: target.port,
      seed,
      faults: ({ random }) => ({ toClient: [{ kind: "cut", at: random.integer(0, 25) }] }),
    });
    const clients = Array.from({ length: 6 }, () => openClient(proxy.port));
    for (const client of clients) client.socket.write("?");
    for (const client of clients) await expect.poll(client.state).toBe("end");
    expect(proxy.happened().map(({ fault }) => fault.at)).toEqual(clients.map((client) => client.text().length));
    return clients.map((client) => client.text().length);
  };
  const first = await lengths(1);
  expect(await lengths(1)).toEqual(first);
  expect(await lengths(2)).not.toEqual(first);
});

test("what one connection draws changes nothing for another", async () => {
  const target = await startTarget(answering("abcdefghijklmnopqrstuvwxyz"));
  const secondCut = async (drawnByFirst: number): Promise<number> => {
    const proxy = await startProxy({
      targetPort: target.port,
      seed: 5,
      faults({ index, random }) {
        const draws = Array.from({ length: index === 0 ? drawnByFirst : 1 }, () => random.integer(0, 25));
        return { toClient: [{ kind: "cut", at: draws[0] ?? 0 }] };
      },
    });
    let length = 0;
    for (const client of [openClient(proxy.port), openClient(proxy.port)]) {
      client.socket.write("?");
      await expect.poll(client.state).toBe("end");
      ({ length } = client.text());
    }
    return length;
  };
  expect(await secondCut(0)).toBe(await secondCut(3));
});
