import { createLogger, format, transports } from 'winston';
import type { Logger } from '../kube/logger.ts';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * One JSON object a line on standard error: `{"level":"info","time":"…","message":"…", …fields}`. A level that is
 * switched off costs an empty call only.
 */
export function jsonLogger(level: LogLevel, stream: NodeJS.WritableStream = process.stderr): Logger {
  const winston = createLogger({ level, format: format.json(), transports: [new transports.Stream({ stream })] });
  const say = (at: LogLevel) =>
    winston.isLevelEnabled(at)
      ? (message: string, fields: object = {}): void =>
          void winston.log({ ...fields, level: at, message, time: new Date().toISOString() })
      : (): void => {};
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
}
