import type { ChainableCommander, Valkey } from 'iovalkey'
import { unavailable } from '../errors.ts'
import type { Cache } from './cache.ts'

export interface ValkeyCacheSettings {
  /** `rediss://host:6379` for TLS, `redis://…` without. */
  readonly url: string
  readonly connectMs?: number
  readonly commandMs?: number
  /** A connection that lay idle for longer may have lost its peer without a word, as after a freeze. */
  readonly idleLimitMs?: number
  /** Milliseconds. */
  readonly now?: () => number
}

export interface ValkeyCache extends Cache {
  end(): void
}

/**
 * In Valkey or Redis 7. Every command names one key: ElastiCache Serverless is a cluster behind one address,
 * which refuses commands over keys of several slots.
 */
export function createValkeyCache(settings: ValkeyCacheSettings): ValkeyCache {
  const line = createLine(settings)

  return {
    async get(key) {
      const [value] = await line.send((batch) => batch.get(key))
      return (value as string | null) ?? undefined
    },

    async set(key, value, ttlSeconds) {
      await line.send((batch) => batch.set(key, value, 'PX', toMs(ttlSeconds)))
    },

    async delete(...keys) {
      await line.send((batch) => {
        for (const key of keys) batch.del(key)
      })
    },

    async increment(counters) {
      const results = await line.send((batch) => {
        for (const { key, by, ttl_seconds } of counters) {
          batch.incrby(key, by).call('pexpire', key, toMs(ttl_seconds), 'nx')
        }
      })
      return counters.map((_, at) => Number(results[at * 2]))
    },

    async count(...keys) {
      const values = await line.send((batch) => {
        for (const key of keys) batch.get(key)
      })
      return values.map(Number)
    },

    end: line.end,
  }
}

const toMs = (seconds: number) => Math.ceil(seconds * 1_000)

/**
 * One connection, opened by the first command. It is never reopened in the background, where a frozen
 * environment would only lose it again, and nothing waits in a queue for it.
 */
function createLine(settings: ValkeyCacheSettings) {
  const { url, connectMs = 1_000, commandMs = 500, idleLimitMs = 60_000, now = Date.now } = settings
  let opening: Promise<Valkey> | undefined
  let lastUsed = now()

  const open = async () => {
    const { Valkey } = await import('iovalkey')
    const client = new Valkey(url, {
      lazyConnect: true,
      connectTimeout: connectMs,
      commandTimeout: commandMs,
      // Nothing is worth waiting for on a line that is given up.
      disconnectTimeout: 1,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    })
    // Whoever waits for a command hears of its failure; without a listener the driver prints it.
    client.on('error', () => {})
    const timer = setTimeout(() => client.disconnect(), connectMs)
    try {
      await client.connect()
      return client
    } catch (error) {
      client.disconnect()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  const drop = (dropped: Promise<Valkey>) => {
    if (opening === dropped) opening = undefined
    dropped.then(
      (client) => client.disconnect(),
      () => {},
    )
  }

  const connect = () => {
    opening ??= open()
    return opening
  }

  const run = async (connection: Promise<Valkey>, fill: Fill) => {
    try {
      const batch = (await connection).pipeline()
      fill(batch)
      const results = (await batch.exec()) ?? []
      const failed = results.find(([error]) => error)
      if (failed) throw failed[0]
      lastUsed = now()
      return results.map(([, value]) => value)
    } catch (error) {
      drop(connection)
      throw error
    }
  }

  return {
    /** Once more on a new connection if an old one is dead: at worst something is counted twice. */
    async send(fill: Fill): Promise<unknown[]> {
      if (opening && now() - lastUsed > idleLimitMs) drop(opening)
      const isOld = opening !== undefined
      try {
        return await run(connect(), fill).catch((error) => {
          if (!isOld) throw error
          return run(connect(), fill)
        })
      } catch (error) {
        throw unavailable(error)
      }
    },

    end() {
      if (opening) drop(opening)
    },
  }
}

type Fill = (batch: ChainableCommander) => void
