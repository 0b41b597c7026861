import { streams } from "./channels.mjs";
import { createPieces } from "./pieces.mjs";

/** @import { BoxFiles } from "../drivers/boxFiles.js" */
/** @import { Channel, ChannelEvents } from "./channels.mjs" */

/**
 * Answers one call for files.
 * @param {BoxFiles} files
 * @param {string} method
 * @param {Record<string, unknown>} params
 * @param {Channel} channel
 * @param {(channel: Channel, error: unknown) => void} failWith
 * @returns {ChannelEvents}
 */
export function fileCall(files, method, params, channel, failWith) {
  const abort = new AbortController();
  const upload = method === "write" ? createPieces() : undefined;

  async function run() {
    try {
      channel.done(await answer(files, method, params, { channel, signal: abort.signal, ...(upload && { content: upload.iterate() }) }));
    } catch (error) {
      failWith(channel, error);
    } finally {
      upload?.stop();
    }
  }
  void run();
  return {
    ...(upload && { onData: (_, /** @type {Uint8Array} */ bytes) => upload.add(bytes), onEnd: () => upload.end() }),
    onCancel() {
      const reason = new Error("Called off.");
      upload?.fail(reason);
      abort.abort(reason);
    },
  };
}

/**
 * @param {BoxFiles} files
 * @param {string} method
 * @param {Record<string, unknown>} params
 * @param {{ channel: Channel, signal: AbortSignal, content?: AsyncIterable<Uint8Array> }} call
 * @returns {Promise<unknown>}
 */
async function answer(files, method, params, { channel, signal, content }) {
  const path = String(params["path"]);
  const to = String(params["to"]);
  const flag = (/** @type {string} */ name) => params[name] === true;
  const number = (/** @type {string} */ name) => (typeof params[name] === "number" ? { [name]: params[name] } : {});
  switch (method) {
    case "stat":
      return files.stat(path);
    case "list":
      return files.list(path, number("depth"));
    case "tree":
      return files.tree(path, { ...number("depth"), includeHidden: flag("includeHidden") });
    case "mkdir":
      return files.mkdir(path, { parents: flag("parents"), ...number("mode") });
    case "rename":
      return files.rename(path, to);
    case "copy":
      return files.copy(path, to, { recursive: flag("recursive") });
    case "remove":
      return files.remove(path, { recursive: flag("recursive") });
    case "chmod":
      return files.chmod(path, Number(params["mode"]));
    case "write":
      return files.write(path, content ?? new Uint8Array(), { parents: flag("parents"), ...number("mode"), ...number("maxBytes"), signal });
    case "watch":
      return files.watch(path, {
        recursive: flag("recursive"),
        signal,
        onStarted: () => channel.message({ started: true }),
        onChange: (change) => channel.message({ change }),
      });
    case "read": {
      const { file, pieces } = await files.read(path, { ...number("offset"), ...number("length"), signal });
      channel.message({ file });
      for await (const piece of pieces) await channel.send(streams.output, piece);
      channel.end(streams.output);
      return null;
    }
    default:
      throw new Error("no such method");
  }
}
