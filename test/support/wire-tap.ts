import net from 'node:net'

/** A statement as it went to the server. */
export interface Statement {
  readonly text: string
  /** The types that the client named, by their number; 0 where it leaves them to the server. */
  readonly types: readonly number[]
  /** In their text form. */
  readonly parameters: readonly (string | null)[]
}

/** Of protocol 3.0, the first message of a connection. */
const protocol = 3 << 16

/**
 * Hears what this process tells any PostgreSQL server, whichever copy of the driver does it: on the sockets that were
 * opened since. Statements sent by the simple protocol have no parameters.
 */
export function tapStatements() {
  const heard: Statement[] = []
  const listeners = new WeakMap<net.Socket, ReturnType<typeof createListener> | undefined>()
  const { write } = net.Socket.prototype

  net.Socket.prototype.write = function (this: net.Socket, ...args: Parameters<typeof write>) {
    const [chunk] = args as [unknown]
    if (chunk instanceof Uint8Array) {
      const bytes = Buffer.from(chunk)
      if (!listeners.has(this)) {
        const isPostgres = bytes.length >= 8 && bytes.readInt32BE(4) === protocol
        listeners.set(this, isPostgres ? createListener((one) => heard.push(one)) : undefined)
      }
      listeners.get(this)?.(bytes)
    }
    return write.apply(this, args)
  } as typeof write

  return {
    /** All since the last time. */
    take: () => heard.splice(0),
    stop: () => {
      net.Socket.prototype.write = write
    },
  }
}

/** Reads the messages of one connection. */
function createListener(onStatement: (statement: Statement) => void) {
  const parsed = new Map<string, Pick<Statement, 'text' | 'types'>>()
  let rest = Buffer.alloc(0)
  let hasStarted = false

  const read = (kind: string, body: Buffer) => {
    const reader = createReader(body)
    if (kind === 'Q') onStatement({ text: reader.text(), types: [], parameters: [] })
    if (kind === 'P') {
      const name = reader.text()
      parsed.set(name, { text: reader.text(), types: reader.list(reader.int32) })
    }
    if (kind === 'B') {
      reader.text()
      const statement = parsed.get(reader.text())
      reader.list(reader.int16)
      if (statement) onStatement({ ...statement, parameters: reader.list(reader.value) })
    }
  }

  return (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const kindLength = hasStarted ? 1 : 0
      if (rest.length < kindLength + 4) return
      const end = kindLength + rest.readInt32BE(kindLength)
      if (rest.length < end) return
      if (hasStarted) read(String.fromCharCode(rest[0]!), rest.subarray(5, end))
      hasStarted = true
      rest = rest.subarray(end)
    }
  }
}

function createReader(body: Buffer) {
  let at = 0
  const take = (length: number) => {
    at += length
    return body.subarray(at - length, at)
  }
  const int16 = () => take(2).readInt16BE()
  const int32 = () => take(4).readInt32BE()
  return {
    int16,
    int32,
    text() {
      const text = take(body.indexOf(0, at) - at).toString()
      at += 1
      return text
    },
    /** Null is told by a length of -1. */
    value() {
      const length = int32()
      return length < 0 ? null : take(length).toString()
    },
    list: <T>(one: () => T): T[] => Array.from({ length: int16() }, one),
  }
}
