// Files on their way to the server: read once, as the control API takes them.

/** Discord takes 10 MiB; as base64 three of them still fit into one request. */
export const MAX_FILE = 8 * 1024 * 1024;

/** Reads a file; throws in words for a person. */
export async function readFile(file) {
  if (file.size > MAX_FILE) throw new Error(`${file.name} is larger than 8 MB.`);
  const data = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '');
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
  return { filename: file.name, content_type: file.type || undefined, data };
}
