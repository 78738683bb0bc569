import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Stripe from 'stripe'
import { ensureStripeKeys, type StripeKeys } from '../../infra/local/stripe/keys.ts'
import { type StandIn, startStandIn } from '../../infra/local/stripe/stand-in.ts'

const PATIENCE_MS = 15_000

/** A delivery that arrived, verified as an application does. */
export interface Delivered {
  readonly type: string
  readonly account: string | undefined
  readonly event: Stripe.Event
  readonly object: Record<string, unknown>
}

/** The stand-in for the tests of one file, an endpoint that its events go to, and the official package. */
export function useStandIn() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'stripe-standin-'))
  const arrived: Delivered[] = []
  const refusals: string[] = []
  const waiting = new Set<() => void>()
  let advancedMs = 0
  let status = 200
  let keys: StripeKeys
  let standIn: StandIn
  let stripe: Stripe
  let endpoint = ''

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      response.writeHead(status).end()
      if (status === 200) keep(Buffer.concat(chunks), String(request.headers['stripe-signature']))
      for (const look of waiting) look()
    })
  })

  function keep(body: Buffer, signature: string): void {
    try {
      const receivedAt = Date.now() + advancedMs
      const event = Stripe.webhooks.constructEvent(
        body,
        signature,
        keys.webhook_secret,
        300,
        undefined,
        receivedAt,
      )
      const object = event.data.object as unknown as Record<string, unknown>
      arrived.push({ type: event.type, account: event.account, event, object })
    } catch (error) {
      refusals.push(String(error))
    }
  }

  const start = async () => {
    standIn = await startStandIn({
      dataDir,
      keys,
      port: 0,
      webhookUrl: endpoint,
      logger: { info: () => undefined, warn: () => undefined, error: (message) => refusals.push(message) },
      now: () => new Date(Date.now() + advancedMs),
    })
    stripe = clientOf(standIn.url, keys.secret_key)
  }

  beforeAll(async () => {
    keys = ensureStripeKeys(dataDir)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    await start()
  })

  afterAll(async () => {
    await standIn.close()
    server.closeAllConnections()
    server.close()
    rmSync(dataDir, { recursive: true, force: true })
    // Whatever the stand-in had to say of itself, and every signature that did not hold.
    expect(refusals).toEqual([])
  })

  return {
    arrived,
    get url() {
      return standIn.url
    },
    get stripe() {
      return stripe
    },
    get keys() {
      return keys
    },
    client: (key: string, options: Stripe.StripeConfig = {}) => clientOf(standIn.url, key, options),
    /** Once nothing is under way, which would be signed at one time and verified at the other. */
    async advance(ms: number): Promise<void> {
      const isUnderWay = async () => {
        const { data } = (await this.local('GET', 'deliveries')).body as unknown as {
          data: { state: string }[]
        }
        return data.some(({ state }) => state === 'pending' || state === 'sending')
      }
      while (await isUnderWay());
      advancedMs += ms
    },
    /** What the endpoint answers from now on. */
    answerWith: (code: number) => {
      status = code
    },
    async restart(): Promise<void> {
      await standIn.close()
      await start()
    },
    /** Sets one of the switches, or looks at one. */
    async local(method: string, name: string, body?: object) {
      const response = await fetch(`${standIn.url}/_local/${name}`, {
        method,
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as Record<string, never> }
    },
    call: (pathname: string, init: RequestInit = {}) =>
      fetch(standIn.url + pathname, {
        ...init,
        headers: { authorization: `Bearer ${keys.secret_key}`, ...init.headers },
      }),
    /** The deliveries of this type about this object or charge, once there are so many. */
    async delivered(type: string, id: string, count = 1): Promise<readonly Delivered[]> {
      const find = () =>
        arrived.filter((one) => one.type === type && [one.object.id, one.object.charge].includes(id))
      await until(
        () => find().length >= count,
        waiting,
        () => `${count} × ${type} of ${id}`,
      )
      return find()
    },
  }
}

function clientOf(url: string, key: string, options: Stripe.StripeConfig = {}): Stripe {
  const { hostname, port } = new URL(url)
  return new Stripe(key, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, ...options })
}

/** Looks again whenever something arrived. */
function until(isSo: () => boolean, waiting: Set<() => void>, what: () => string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error(`Did not arrive: ${what()}`)), PATIENCE_MS)
  const look = () => {
    if (isSo()) resolve()
  }
  waiting.add(look)
  look()
  return promise.finally(() => {
    clearTimeout(timer)
    waiting.delete(look)
  })
}

/** A payment that went through. */
export const pay = (stripe: Stripe, params: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({
    amount: 2_000,
    currency: 'usd',
    confirm: true,
    payment_method: 'pm_card_visa',
    ...params,
  })

/** What a call was refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call
  } catch (error) {
    return error as Stripe.errors.StripeError
  }
  throw new Error('The call was not refused')
}
