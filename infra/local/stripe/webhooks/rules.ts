import * as z from 'zod/mini'

/** What happens to the next events on their way. */
export const deliveryRule = z.strictObject({
  mode: z.enum(['late', 'duplicate', 'reordered', 'lost']),
  /** `payment_intent.succeeded`, `charge.*`; every type when left out. */
  type: z._default(z.string().check(z.maxLength(100)), '*'),
  /** How many events it is for. Reordered: how many are held and then sent last first. */
  count: z._default(z.int().check(z.minimum(1), z.maximum(10_000)), 1),
  /** Of `late`: how long. */
  delay_ms: z._default(z.int().check(z.minimum(0), z.maximum(3_600_000)), 2_000),
  /** Of `duplicate`: how many in all. */
  copies: z._default(z.int().check(z.minimum(2), z.maximum(20)), 2),
})

export type DeliveryRule = z.output<typeof deliveryRule>

export const matchesType = (type: string, wanted: string): boolean =>
  wanted === '*' || wanted === type || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1)))

/** Each rule is for so many events and then gone; the first that fits is the one that is taken. */
export function createRules() {
  let rules: (DeliveryRule & { left: number })[] = []
  return {
    add: (rule: DeliveryRule) => void rules.push({ ...rule, left: rule.count }),
    clear: () => {
      rules = []
    },
    get list(): readonly (DeliveryRule & { readonly left: number })[] {
      return rules
    },
    take(type: string): (DeliveryRule & { readonly left: number }) | undefined {
      const rule = rules.find((candidate) => matchesType(type, candidate.type))
      if (!rule) return undefined
      rule.left -= 1
      rules = rules.filter(({ left }) => left > 0)
      return rule
    },
  }
}
