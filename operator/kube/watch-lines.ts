/** The lines of a byte stream as strings. A last line without an end is an error: the stream was cut. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  maxLineLength = 64 * 1024 * 1024,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) {
        const line = parts.join('');
        parts = [];
        length = 0;
        if (line.trim() !== '') yield line;
      }
      parts.push(piece);
      length += piece.length;
      if (length > maxLineLength) throw new Error(`a line is longer than ${maxLineLength} characters`);
    }
  }
  if (parts.join('').trim() !== '') throw new Error('the stream ended within a line');
}
