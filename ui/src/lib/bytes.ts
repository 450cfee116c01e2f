/** The bytes of a file, as commands take them. */
export async function base64Of(file: Blob): Promise<string> {
  const read = new FileReader();
  const address = await new Promise<string>((resolve, reject) => {
    read.onload = () => resolve(read.result as string);
    read.onerror = () => reject(read.error ?? new Error("unreadable"));
    read.readAsDataURL(file);
  });
  return address.slice(address.indexOf(",") + 1);
}

/** Bytes, as commands answer with them: in base64, or as they are. */
export function bytesOf(answer: string | ArrayBuffer | readonly number[]): Uint8Array<ArrayBuffer> {
  if (typeof answer !== "string") return new Uint8Array(answer);
  const read = atob(answer);
  const bytes = new Uint8Array(read.length);
  for (let at = 0; at < read.length; at += 1) bytes[at] = read.charCodeAt(at);
  return bytes;
}
