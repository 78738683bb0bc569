import net from 'node:net'
import postgres from 'postgres'
import { arrayTypeOf } from './column-types.ts'
import { asDriverQuery, type DriverQuery } from './driver.ts'
import { unavailable } from './errors.ts'
import { type DatabaseSettings, driverOptions } from './settings.ts'

/**
 * The driver's client with its socket. The driver can reconnect by itself, but it keeps what it had not yet
 * written to a socket that broke, and is then stuck; so a client ends with its socket.
 */
export interface Connection {
  readonly client: postgres.Sql
  readonly submit: DriverQuery['handler']
  readonly isUsable: () => boolean
  /** Fails whatever runs or waits on it. */
  readonly discard: () => void
  /** Tells the server to stop a query, over a connection of its own, and does not wait for it. */
  readonly cancel: (query: DriverQuery) => void
}

export function openConnection(settings: DatabaseSettings): Connection {
  const sockets = new Set<net.Socket>()
  let isDiscarded = false

  function discard() {
    if (isDiscarded) return
    isDiscarded = true
    client.end({ timeout: 0 }).catch(() => {})
    for (const socket of sockets) socket.destroy()
  }

  function openSocket(): net.Socket {
    const socket = net.connect({ host: settings.host, port: settings.port, noDelay: true })
    // Where the driver looks for the name that the certificate must bear.
    Object.assign(socket, { host: settings.host })
    sockets.add(socket)
    for (const event of ['end', 'error', 'close']) socket.once(event, discard)
    // The driver was already reconnecting.
    if (isDiscarded) socket.destroy()
    return socket
  }

  /** Never rejects, nor answers for a closed socket: the driver would crash the process on either. */
  async function password(): Promise<string> {
    const asking = [...sockets]
    try {
      const answer = settings.password ?? (await signToken(settings))
      if (asking.some((socket) => !socket.destroyed)) return answer
    } catch (error) {
      for (const socket of asking) socket.destroy(unavailable(error))
    }
    return new Promise(() => {})
  }

  const options = { ...driverOptions(settings), password, socket: openSocket }
  const client = postgres(options)
  const { shared } = client.options as unknown as { shared: { typeArrayMap: Record<number, number> } }
  Object.assign(shared.typeArrayMap, arrayTypeOf)

  return {
    client: client as unknown as postgres.Sql,
    submit: asDriverQuery(client``).handler,
    isUsable: () => !isDiscarded,
    discard,
    cancel: (query) => {
      const { client: messenger } = openConnection(settings)
      asDriverQuery(messenger``)
        .canceller?.(query)
        .catch(() => {})
    },
  }
}

/** Signed on the spot, without a call; good for 15 minutes, looked at when the connection is made. */
async function signToken({ host, port, user }: DatabaseSettings): Promise<string> {
  const { Signer } = await import('@aws-sdk/rds-signer')
  return new Signer({ hostname: host, port, username: user }).getAuthToken()
}
