/** Save a file through the browser. */
export function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Revoke the URL only after the browser has read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
