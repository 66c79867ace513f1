import { createLogger, format, transports } from 'winston';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A constant lower-case message and fields. Never called per sample. */
export type Logger = Readonly<Record<LogLevel, (message: string, fields?: object) => void>>;

/** One JSON object a line on standard error: `{"level":"info","time":"…","message":"…", …fields}`. */
export function jsonLogger(level: LogLevel, stream: NodeJS.WritableStream = process.stderr): Logger {
  const winston = createLogger({ level, format: format.json(), transports: [new transports.Stream({ stream })] });
  const say =
    (at: LogLevel) =>
    (message: string, fields: object = {}): void =>
      void winston.log({ ...fields, level: at, message, time: new Date().toISOString() });
  return { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') };
}
