import type net from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { unavailable } from '../errors.ts'
import { arrayTypeOf } from './column-types.ts'
import { asDriverQuery, type DriverQuery } from './driver.ts'
import { type DatabaseSettings, driverOptions } from './settings.ts'
import { openSocket } from './socket.ts'

/**
 * The driver's client with its socket; it ends with it. The driver could reconnect by itself, but a client
 * whose socket broke keeps what was not yet written, and is then stuck; or it writes to the socket it no
 * longer has, and the process crashes. So it hears of the end of its socket only when it is ended itself.
 */
export interface Connection {
  readonly client: postgres.Sql
  readonly submit: DriverQuery['handler']
  readonly isUsable: () => boolean
  /** Fails whatever runs or waits on it. */
  readonly discard: () => void
  /** Tells the server to stop a query, over a connection of its own, and discards this one. */
  readonly giveUp: (query: DriverQuery) => void
}

/** A pooler knows what to cancel only while the connection is there. */
const cancelPatienceMs = 1_000
/** More than the driver takes to end a client at once. */
const endPatienceMs = 20

export function openConnection(settings: DatabaseSettings): Connection {
  const sockets = new Set<net.Socket>()
  let isUsable = true
  let ended: Promise<unknown> | undefined

  function discard() {
    if (ended) return
    isUsable = false
    ended = Promise.race([client.end({ timeout: 0 }), pause(endPatienceMs)])
    for (const socket of sockets) socket.destroy()
  }

  function track(socket: net.Socket) {
    sockets.add(socket)
    for (const event of ['end', 'error', 'close']) socket.once(event, discard)
  }

  /** A client that got no socket is of no use: the driver would let all that follows wait for it. */
  async function socket(): Promise<net.Socket> {
    try {
      if (ended) throw givenUp()
      const opened = await openSocket(settings, track)
      if (ended) throw givenUp()
      return tellAfterEnd(opened)
    } catch (error) {
      discard()
      throw error
    }
  }

  function tellAfterEnd(opened: net.Socket): net.Socket {
    const on = opened.on.bind(opened)
    const onAfterEnd = (event: string, listener: (...args: unknown[]) => void) =>
      on(event, event === 'close' ? (...args) => afterEnd(() => listener(...args)) : listener)
    return Object.assign(opened, { on: onAfterEnd })
  }

  function afterEnd(tell: () => void) {
    discard()
    ended?.then(tell, tell)
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

  const options = { ...driverOptions(settings), password, socket }
  const client = postgres(options)
  const { shared } = client.options as unknown as { shared: { typeArrayMap: Record<number, number> } }
  Object.assign(shared.typeArrayMap, arrayTypeOf)

  return {
    client: client as unknown as postgres.Sql,
    submit: asDriverQuery(client``).handler,
    isUsable: () => isUsable,
    discard,
    giveUp: (query) => {
      isUsable = false
      const { client: messenger } = openConnection(settings)
      const cancelled = asDriverQuery(messenger``).canceller?.(query)
      Promise.race([cancelled, pause(cancelPatienceMs, undefined, { ref: false })]).then(discard, discard)
    },
  }
}

const givenUp = () =>
  Object.assign(new Error('The connection was given up'), { code: 'CONNECTION_DESTROYED' })

/** Signed on the spot, without a call; good for 15 minutes, looked at when the connection is made. */
async function signToken({ host, port, user }: DatabaseSettings): Promise<string> {
  const { Signer } = await import('@aws-sdk/rds-signer')
  return new Signer({ hostname: host, port, username: user }).getAuthToken()
}
