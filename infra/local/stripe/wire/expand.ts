import { badRequest } from './error.ts'

/** The fields that hold an id, and can hold the object instead. */
const expandable: Readonly<Record<string, readonly string[]>> = {
  balance_transaction: ['source'],
  charge: [
    'balance_transaction',
    'failure_balance_transaction',
    'payment_intent',
    'source_transfer',
    'transfer',
  ],
  dispute: ['charge', 'payment_intent'],
  payment_intent: ['latest_charge', 'payment_method'],
  payout: ['balance_transaction', 'failure_balance_transaction'],
  refund: ['balance_transaction', 'charge', 'failure_balance_transaction', 'payment_intent'],
  transfer: ['balance_transaction', 'destination', 'source_transaction'],
  transfer_reversal: ['balance_transaction', 'transfer'],
}

/** Lists that are in an object only when they are asked for. */
export type Sublists = Readonly<Record<string, (object: never) => object>>

const MAX_DEPTH = 4

type Node = Record<string, unknown>

export interface Lookup {
  find(id: string): object | undefined
  /** `charge.refunds` */
  readonly sublists: Sublists
}

/** The object with every path that `expand[]` names filled in. */
export function expandObject(object: object, paths: readonly string[], lookup: Lookup): object {
  let result = object as Node
  for (const path of paths) {
    const steps = path.split('.')
    if (steps.length > MAX_DEPTH) {
      throw badRequest(`You cannot expand more than ${MAX_DEPTH} levels of a property. Property: ${path}`)
    }
    result = fill(result, steps, path, lookup) as Node
  }
  return result
}

function fill(value: unknown, [step, ...rest]: readonly string[], path: string, lookup: Lookup): unknown {
  if (step === undefined || value === null || value === undefined) return value
  if (Array.isArray(value)) return value.map((one) => fill(one, [step, ...rest], path, lookup))
  const node = value as Node
  const child = childOf(node, step, path, lookup)
  return { ...node, [step]: fill(child, rest, path, lookup) }
}

function childOf(node: Node, step: string, path: string, { find, sublists }: Lookup): unknown {
  const child = node[step]
  if (node.object === 'list' && step === 'data') return child
  const sublist = sublists[`${node.object}.${step}`]
  if (sublist) return child ?? sublist(node as never)
  if (!expandable[String(node.object)]?.includes(step)) {
    if (child !== null && typeof child === 'object') return child
    throw badRequest(`This property cannot be expanded (${path}).`)
  }
  return typeof child === 'string' ? (find(child) ?? child) : child
}
