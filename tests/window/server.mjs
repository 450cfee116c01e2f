// A complete little server of an organisation, as a process beside the app: its invitations, and the mails that it sends.

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pause } from "./app.mjs";

const BINARY = resolve(process.env.REGIE_SERVER_STORY ?? "target/debug/regie-account-story");

export class Server {
  #process;
  #lines;

  /** Starts one; it ends with the story. */
  static async start(context) {
    const server = new Server();
    server.#process = spawn(BINARY, [], { stdio: ["pipe", "pipe", "inherit"] });
    server.#lines = createInterface({ input: server.#process.stdout })[Symbol.asyncIterator]();
    context.after(() => server.end());
    Object.assign(server, await server.#answer());
    return server;
  }

  async #answer() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the server ended");
    return JSON.parse(value);
  }

  /** "stop", "start", "admin" with the words of `regie-server admin`, "scan" with a PNG in base64, "draw" with what a code says, or "digits" with a secret. */
  async tell(line) {
    this.#process.stdin.write(`${line}\n`);
    return (await this.#answer()).said;
  }

  get link() {
    return (code) => `regie://join?server=${encodeURIComponent(this.address)}&code=${code}`;
  }

  /** The code in the newest mail to this address: the line that stands apart. */
  async codeFor(address, known = []) {
    for (let attempt = 0; attempt < 200; attempt++) {
      const fresh = this.mailsTo(address)
        .map((text) => /^ {4}(\S+)$/m.exec(text)?.[1])
        .filter((code) => code && !known.includes(code));
      if (fresh.length > 0) return fresh[0];
      await pause(100);
    }
    throw new Error("no code came by mail");
  }

  mailsTo(address) {
    let names = [];
    try {
      names = readdirSync(this.mails).filter((name) => name.endsWith(".txt"));
    } catch {
      // None was sent yet.
    }
    const mails = names.map((name) => readFileSync(join(this.mails, name), "utf8"));
    return mails.filter((text) => text.includes(`To: ${address}\n`));
  }

  async end() {
    this.#process.stdin.end();
    if (this.#process.exitCode === null) await new Promise((resolve) => this.#process.once("exit", resolve));
  }
}
