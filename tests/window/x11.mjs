// Asks a window to close as a window manager does. There is none under a bare Xvfb, so the request is sent by hand.

import { readFileSync } from "node:fs";
import { connect } from "node:net";

const CLIENT_MESSAGE = 33;

/** Sends WM_DELETE_WINDOW to the top-level windows of a process. */
export async function closeWindow(pid) {
  const display = await open();
  try {
    const [protocols, deletion, owner] = await Promise.all(
      ["WM_PROTOCOLS", "WM_DELETE_WINDOW", "_NET_WM_PID"].map((name) => display.atom(name)),
    );
    let asked = 0;
    for (const window of await display.children(display.root)) {
      if ((await display.number(window, owner)) !== pid) continue;
      if ((await display.number(window, protocols)) === 0) continue;
      await display.message(window, protocols, deletion);
      asked += 1;
    }
    if (asked === 0) throw new Error(`process ${pid} has no window to close`);
  } finally {
    display.end();
  }
}

/** Whether anybody put something on the clipboard of this display. */
export async function clipboardHasOwner() {
  const display = await open();
  try {
    return (await display.selectionOwner(await display.atom("CLIPBOARD"))) !== 0;
  } finally {
    display.end();
  }
}

async function open() {
  const number = /:(\d+)/.exec(process.env.DISPLAY)[1];
  const socket = connect(`/tmp/.X11-unix/X${number}`);
  const incoming = reader(socket);
  socket.write(greeting());
  const head = await incoming(8);
  const setup = await incoming(4 * head.readUInt16LE(6));
  if (head[0] !== 1) throw new Error(`the display refused: ${setup}`);
  const vendor = setup.readUInt16LE(16);
  const root = setup.readUInt32LE(32 + 4 * Math.ceil(vendor / 4) + 8 * setup[21]);

  const request = async (bytes) => {
    socket.write(bytes);
    const reply = await incoming(32);
    return Buffer.concat([reply, await incoming(4 * reply.readUInt32LE(4))]);
  };
  return {
    root,
    end: () => socket.end(),
    async atom(name) {
      const padded = 4 * Math.ceil(name.length / 4);
      const bytes = Buffer.alloc(8 + padded);
      bytes[0] = 16;
      bytes.writeUInt16LE(2 + padded / 4, 2);
      bytes.writeUInt16LE(name.length, 4);
      bytes.write(name, 8);
      return (await request(bytes)).readUInt32LE(8);
    },
    async children(window) {
      const reply = await request(words(15, 0, [window]));
      return Array.from({ length: reply.readUInt16LE(16) }, (_, index) => reply.readUInt32LE(32 + 4 * index));
    },
    async selectionOwner(selection) {
      return (await request(words(23, 0, [selection]))).readUInt32LE(8);
    },
    /** The first number of a property; 0 when there is none. */
    async number(window, property) {
      const reply = await request(words(20, 0, [window, property, 0, 0, 1]));
      return reply.length > 32 ? reply.readUInt32LE(32) : 0;
    },
    async message(window, type, value) {
      const event = Buffer.alloc(32);
      event[0] = CLIENT_MESSAGE;
      event[1] = 32;
      [window, type, value].forEach((each, index) => event.writeUInt32LE(each, 4 + 4 * index));
      socket.write(Buffer.concat([words(25, 0, [window, 0], 11), event]));
      // A round trip: the message has gone out before the connection ends.
      await this.number(window, type);
    },
  };
}

function words(opcode, detail, values, length = values.length + 1) {
  const bytes = Buffer.alloc(4 + 4 * values.length);
  bytes[0] = opcode;
  bytes[1] = detail;
  bytes.writeUInt16LE(length, 2);
  values.forEach((value, index) => bytes.writeUInt32LE(value, 4 + 4 * index));
  return bytes;
}

function greeting() {
  const name = Buffer.from("MIT-MAGIC-COOKIE-1");
  const cookie = cookieOf(name);
  const bytes = Buffer.alloc(12 + 20 + cookie.length);
  bytes[0] = 0x6c;
  bytes.writeUInt16LE(11, 2);
  bytes.writeUInt16LE(cookie.length ? name.length : 0, 6);
  bytes.writeUInt16LE(cookie.length, 8);
  name.copy(bytes, 12);
  cookie.copy(bytes, 32);
  return cookie.length ? bytes : bytes.subarray(0, 12);
}

/** From the file that xvfb-run makes: family, then address, number, name and cookie, each with its length before it. */
function cookieOf(name) {
  if (!process.env.XAUTHORITY) return Buffer.alloc(0);
  const file = readFileSync(process.env.XAUTHORITY);
  for (let at = 0; at < file.length;) {
    at += 2;
    const fields = Array.from({ length: 4 }, () => {
      const length = file.readUInt16BE(at);
      at += 2 + length;
      return file.subarray(at - length, at);
    });
    if (fields[2].equals(name)) return fields[3];
  }
  return Buffer.alloc(0);
}

/** Reads exactly so many bytes, in order. */
function reader(socket) {
  let buffer = Buffer.alloc(0);
  let failure = null;
  const waiting = [];
  const serve = () => {
    while (waiting.length > 0 && (failure || buffer.length >= waiting[0].length)) {
      const { length, resolve, reject } = waiting.shift();
      if (failure) reject(failure);
      else {
        resolve(buffer.subarray(0, length));
        buffer = buffer.subarray(length);
      }
    }
  };
  socket.on("data", (data) => {
    buffer = Buffer.concat([buffer, data]);
    serve();
  });
  socket.on("error", (error) => {
    failure = error;
    serve();
  });
  return (length) =>
    new Promise((resolve, reject) => {
      waiting.push({ length, resolve, reject });
      serve();
    });
}
