import { isDeepStrictEqual } from 'node:util'
import type { FieldError } from '../errors.ts'
import { presets, usualPreset } from './presets.ts'
import { invalid } from './refusals.ts'
import type { GivenTier } from './schemas.ts'
import type { TemplateText } from './templates-repository.ts'
import { withTerms } from './terms.ts'

/** What an order of a tier agrees to; behind an id it never changes. */
export interface Offer extends TemplateText {
  readonly name: string
  readonly price_amount: number
  readonly is_price_open: boolean
  readonly currency: string
  readonly is_exclusive: boolean
}

export interface Tier extends Offer {
  readonly id: string
}

interface Sources {
  readonly present: readonly Tier[]
  readonly templates: ReadonlyMap<string, TemplateText>
}

/** Copies licences and contracts into the tiers that name where they come from. */
export function completeTiers(given: readonly GivenTier[], sources: Sources): Offer[] {
  const errors: FieldError[] = []
  const offers = given.map((tier, at) => {
    const source = findSource(tier, sources)
    if (typeof source === 'string') errors.push(unknownSource(at, source))
    const { terms, contract } = typeof source === 'string' ? presets.basic_lease : source
    const { name, price_amount, is_price_open, currency, is_exclusive } = tier
    const text = { terms: withTerms(terms, tier.license), contract: tier.contract ?? contract }
    return { name, price_amount, is_price_open, currency, is_exclusive, ...text }
  })
  if (errors.length > 0) throw invalid(...errors)
  return offers
}

/** Where the tier comes from, or the member that names what there is not. */
function findSource(
  { id, template_id, preset, is_exclusive }: GivenTier,
  { present, templates }: Sources,
): TemplateText | 'id' | 'template_id' {
  const followed = present.find((tier) => tier.id === id)
  if (id !== undefined && !followed) return 'id'
  if (template_id !== undefined) return templates.get(template_id) ?? 'template_id'
  if (preset !== undefined) return presets[preset]
  return followed ?? presets[usualPreset(is_exclusive)]
}

const unknownSource = (at: number, member: 'id' | 'template_id'): FieldError => ({
  pointer: `#/body/tiers/${at}/${member}`,
  code: member === 'id' ? 'tier_not_found' : 'template_not_found',
  detail: member === 'id' ? 'The product has no such tier' : 'There is no such template of yours',
})

export interface TierPlan {
  /** Those that stay as they are, in their new places. */
  readonly kept: readonly { readonly id: string; readonly position: number }[]
  readonly added: readonly (Offer & { readonly position: number })[]
}

/** What is to become of the present tiers, so that there are those that are wanted: each is kept for one at most. */
export function planTiers(present: readonly Tier[], wanted: readonly Offer[]): TierPlan {
  const left = [...present]
  const kept: { id: string; position: number }[] = []
  const added: (Offer & { position: number })[] = []
  for (const [position, offer] of wanted.entries()) {
    const at = left.findIndex(({ id: _, ...tier }) => isDeepStrictEqual(tier, offer))
    const [same] = at < 0 ? [] : left.splice(at, 1)
    if (same) kept.push({ id: same.id, position })
    else added.push({ ...offer, position })
  }
  return { kept, added }
}
