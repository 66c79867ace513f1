/** Lines that tell why a program gave up: klog's E and F lines, and the usual words. */
const TELLING = /^[EF]\d{4} |\b(error|fatal|panic|failed|cannot|refused|denied|in use|no such)\b/i;
/** Stack frames and flag dumps that hide the line before them. */
const NOISE = /^(goroutine \d|\s|created by |main\.|runtime\.|I\d{4} .*FLAG:)/;

/** The few lines of a log that most likely explain its end: telling lines of its last part, else just the last ones. */
export function explain(text: string, count = 8): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !NOISE.test(line));
  const recent = lines.slice(-60);
  const telling = recent.filter((line) => TELLING.test(line));
  return (telling.length > 0 ? telling : recent).slice(-count).map((line) => line.slice(0, 400));
}
