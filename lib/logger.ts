import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger'
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types'

/** Members of a database error that repeat what a client sent: the statement's values, a row, a key. */
const revealing = new Set(['query', 'parameters', 'args', 'types', 'detail', 'where', 'internal_query'])
const told = new Set(['name', 'message', 'stack', 'cause', 'errors', 'options'])
const deepestCause = 5

class LineFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, more: LogAttributes): LogItem {
    const { logLevel, message, timestamp, serviceName, xRayTraceId } = attributes
    return new LogItem({
      attributes: {
        level: logLevel,
        message,
        timestamp: timestamp.toISOString(),
        service: serviceName,
        xray_trace_id: xRayTraceId,
      },
    }).addAttributes(more)
  }

  override formatError(error: Error): LogAttributes {
    return describeError(error, deepestCause)
  }
}

function describeError(error: Error, depth: number): LogAttributes {
  const nested = (value: unknown) => {
    if (!(value instanceof Error)) return typeof value === 'string' ? value : undefined
    return depth > 0 ? describeError(value, depth - 1) : value.message
  }
  const own = Object.entries(error).filter(([key]) => !told.has(key) && !revealing.has(key))
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...Object.fromEntries(own),
    cause: nested(error.cause),
    errors: error instanceof AggregateError ? error.errors.map(nested) : undefined,
  }
}

/** One JSON line an entry. Events are never logged whole: they carry tokens and presigned URLs. */
export const logger = new Logger({ logFormatter: new LineFormatter() })
