import * as z from 'zod/mini'
import { StripeProblem } from '../wire/error.ts'
import { moneySwitches } from './money-switches.ts'
import type { Machine, Switch } from './switch.ts'
import { wireSwitches } from './wire-switches.ts'

const switches: readonly Switch[] = [...wireSwitches, ...moneySwitches]

export interface ControlAnswer {
  readonly status: number
  readonly body: object
}

/** JSON in, JSON out. */
export async function control(
  machine: Machine,
  method: string,
  path: string,
  text: string,
): Promise<ControlAnswer> {
  for (const one of switches) {
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
