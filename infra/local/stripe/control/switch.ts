import type * as z from 'zod/mini'
import type { Context } from '../context.ts'
import type { Faults } from '../faults.ts'
import type { Store } from '../store.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { missing } from '../wire/error.ts'

/** What the switches work on. */
export interface Machine {
  readonly store: Store
  readonly webhooks: Webhooks
  readonly faults: Faults
  readonly perform: <T>(account: string, work: (context: Context) => T) => T
}

export interface Switch {
  readonly method: string
  readonly pattern: RegExp
  readonly params: z.ZodMiniType
  run(machine: Machine, params: never, ...ids: string[]): object | Promise<object>
}

/** One row of what a test or a developer does to the stand-in from outside; docs/stripe-standin.md lists them. */
export function define<T extends z.ZodMiniType>(
  name: `${'GET' | 'POST' | 'DELETE'} /_local/${string}`,
  params: T,
  run: (machine: Machine, params: z.output<T>, ...ids: string[]) => object | Promise<object>,
): Switch {
  const [method = '', path = ''] = name.split(' ')
  const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([A-Za-z0-9_]+)')}$`)
  return { method, pattern, params, run: run as Switch['run'] }
}

/** The work on one object in the name of whoever has it. */
export function onObject<T extends object>(machine: Machine, id: string, work: (context: Context) => T): T {
  const account = machine.store.accountOf(id)
  if (account === undefined) throw missing('object', id)
  return machine.perform(account, work)
}
