import net from 'node:net'
import postgres from 'postgres'
import { arrayTypeOf } from './column-types.ts'
import { asDriverQuery, type DriverQuery } from './driver.ts'
import { unavailable } from './errors.ts'
import { type DatabaseSettings, driverOptions } from './settings.ts'

/** The driver's client with the sockets it opened, so that both can be thrown away whole. */
export interface Connection {
  readonly client: postgres.Sql
  readonly submit: DriverQuery['handler']
  /** Set from a socket's error to its close, between which the driver loses what it is given. */
  readonly closing: () => Promise<void> | undefined
  readonly discard: () => void
}

export function openConnection(settings: DatabaseSettings): Connection {
  const sockets = new Set<net.Socket>()
  let closing: Promise<void> | undefined
  let discarded = false

  function openSocket(): net.Socket {
    const socket = net.connect({ host: settings.host, port: settings.port, noDelay: true })
    // Where the driver looks for the name that the certificate must bear.
    Object.assign(socket, { host: settings.host })
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    sockets.add(socket)
    socket.once('error', () => {
      closing = closed
    })
    socket.once('close', () => {
      sockets.delete(socket)
      closing = undefined
    })
    // The driver was already reconnecting when it was thrown away.
    if (discarded) socket.destroy()
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
    closing: () => closing,
    discard: () => {
      discarded = true
      const destroy = () => {
        for (const socket of sockets) socket.destroy()
      }
      client.end({ timeout: 0 }).then(destroy, destroy)
    },
  }
}

/** Signed on the spot, without a call; good for 15 minutes, looked at when the connection is made. */
async function signToken({ host, port, user }: DatabaseSettings): Promise<string> {
  const { Signer } = await import('@aws-sdk/rds-signer')
  return new Signer({ hostname: host, port, username: user }).getAuthToken()
}
