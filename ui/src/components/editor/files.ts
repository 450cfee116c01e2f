/**
 * Files that were pasted or dropped. Word processors put a picture of the text beside the text; with words there, the
 * words are meant.
 */
export function filesIn(data: DataTransfer | null): File[] {
  if (data === null || data.getData("text/plain").trim() !== "") return [];
  return [...data.files];
}

export const hasFiles = (data: DataTransfer | null) => data?.types.includes("Files") ?? false;
