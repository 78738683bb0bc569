import { createWriteStream, mkdirSync } from 'node:fs'
import path from 'node:path'

export type Level = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'

export interface LogRecord {
  readonly time: string
  /** The function, or the part of the platform, that said it. */
  readonly source: string
  readonly level: Level
  readonly message: string
  readonly request_id?: string
  readonly [field: string]: unknown
}

/** What a part of the platform gets to speak with. */
export interface Logger {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}

export type PlatformLog = ReturnType<typeof createLog>

/** One file of JSON lines for everything that runs here; `onRecord` also sees each line as it comes. */
export function createLog(file: string, onRecord: (record: LogRecord) => void = () => {}) {
  mkdirSync(path.dirname(file), { recursive: true })
  const stream = createWriteStream(file, { flags: 'a' })
  const write = (record: LogRecord) => {
    stream.write(`${JSON.stringify(record)}\n`)
    onRecord(record)
  }
  const say = (source: string, level: Level) => (message: string, fields?: object) =>
    write({ time: new Date().toISOString(), source, level, message, ...fields })
  return {
    file,
    write,
    of: (source: string): Logger => ({
      debug: say(source, 'DEBUG'),
      info: say(source, 'INFO'),
      warn: say(source, 'WARN'),
      error: say(source, 'ERROR'),
    }),
    close: () => new Promise<void>((resolve) => stream.end(resolve)),
  }
}

const LEVELS: Readonly<Record<string, Level>> = {
  TRACE: 'DEBUG',
  DEBUG: 'DEBUG',
  INFO: 'INFO',
  WARN: 'WARN',
  ERROR: 'ERROR',
  CRITICAL: 'ERROR',
}

/** A line a function printed: the logger's JSON, or bare text. */
export function toRecord(source: string, line: string, requestId: string): LogRecord {
  const fields = parseObject(line)
  if (fields) return fromJson(source, fields, requestId)
  return { time: new Date().toISOString(), source, level: 'INFO', message: line, request_id: requestId }
}

function fromJson(source: string, fields: Record<string, unknown>, requestId: string): LogRecord {
  // `_aws` tells CloudWatch which of the fields are metrics.
  const { timestamp, level, message, service: _service, _aws, ...rest } = fields
  return {
    ...rest,
    time: typeof timestamp === 'string' ? timestamp : new Date().toISOString(),
    source,
    level: LEVELS[String(level)] ?? 'INFO',
    message: typeof message === 'string' ? message : JSON.stringify(message ?? ''),
    request_id: typeof rest.request_id === 'string' ? rest.request_id : requestId,
  }
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
