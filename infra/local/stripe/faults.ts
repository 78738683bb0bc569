import * as z from 'zod/mini'

/** What happens to the next calls. */
export const callFault = z.strictObject({
  /**
   * timeout: the work is done, and nobody is answered. fail: answered with `status`. slow: the work
   * waits, and its idempotency key is in use meanwhile.
   */
  mode: z.enum(['timeout', 'fail', 'slow']),
  method: z._default(z.enum(['GET', 'POST', 'DELETE', '*']), 'POST'),
  /** `/v1/refunds`, `/v1/payment_intents/*`; every path when left out. */
  path: z._default(z.string().check(z.maxLength(200)), '*'),
  count: z._default(z.int().check(z.minimum(1), z.maximum(10_000)), 1),
  status: z._default(z.int().check(z.minimum(400), z.maximum(599)), 500),
  /** Of `fail`: the work is done all the same. */
  is_done: z._default(z.boolean(), false),
  delay_ms: z._default(z.int().check(z.minimum(0), z.maximum(60_000)), 2_000),
})

export type CallFault = z.output<typeof callFault>

const matchesPath = (path: string, wanted: string) =>
  wanted.endsWith('*') ? path.startsWith(wanted.slice(0, -1)) : path === wanted

/** Armed from outside; each strikes so many times and is gone. */
export function createFaults() {
  let armed: (CallFault & { left: number })[] = []
  return {
    arm: (fault: CallFault) => void armed.push({ ...fault, left: fault.count }),
    clear: () => {
      armed = []
    },
    get list(): readonly CallFault[] {
      return armed
    },
    take(method: string, path: string): CallFault | undefined {
      const fault = armed.find(
        (one) => (one.method === '*' || one.method === method) && matchesPath(path, one.path),
      )
      if (!fault) return undefined
      fault.left -= 1
      armed = armed.filter(({ left }) => left > 0)
      return fault
    },
  }
}

export type Faults = ReturnType<typeof createFaults>
