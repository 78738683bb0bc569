import * as z from 'zod/mini'
import type { Context } from '../context.ts'
import type { Faults } from '../faults.ts'
import type { Store } from '../store.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { missing, StripeProblem } from '../wire/error.ts'
import { moneySwitches } from './money-switches.ts'
import { wireSwitches } from './wire-switches.ts'

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

const switches = (): readonly Switch[] => [...wireSwitches, ...moneySwitches]

export interface ControlAnswer {
  readonly status: number
  readonly body: object
}

/** JSON in, JSON out; a query stands for the body of a GET. */
export async function control(
  machine: Machine,
  method: string,
  path: string,
  text: string,
): Promise<ControlAnswer> {
  for (const one of switches()) {
    const match = one.method === method ? one.pattern.exec(path) : null
    if (!match) continue
    try {
      const params = one.params.parse(text === '' ? {} : JSON.parse(text))
      return { status: 200, body: await one.run(machine, params as never, ...match.slice(1)) }
    } catch (error) {
      if (error instanceof StripeProblem) return { status: error.status, body: { error: error.body } }
      if (error instanceof z.core.$ZodError || error instanceof SyntaxError) {
        return { status: 400, body: { error: { message: error.message } } }
      }
      throw error
    }
  }
  return { status: 404, body: { error: { message: `There is no switch ${method} ${path}` } } }
}
