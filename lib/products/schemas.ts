import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { amount, currency, leastCharge } from '../money/currencies.ts'
import { line, prose } from '../text.ts'
import { person } from '../users/person.ts'
import { contractText } from './contract.ts'
import { presetId } from './presets.ts'
import { givenTerms, terms } from './terms.ts'

export const productKind = z.enum(['track_license', 'sample_pack', 'service'])

const tier = z.object({
  id: z.uuid(),
  name: z.string(),
  price_amount: z.int(),
  /** Whether the buyer names the price; `price_amount` is the least. */
  is_price_open: z.boolean(),
  currency: z.string(),
  is_exclusive: z.boolean(),
  /** Whether it can be ordered now. */
  is_available: z.boolean(),
  license: terms,
})

export const product = z.object({
  id: z.uuid(),
  seller: person,
  kind: productKind,
  track_id: z.nullable(z.uuid()),
  /** What is in a sample pack, in its order. */
  track_ids: z.array(z.uuid()),
  title: z.string(),
  description: z.string(),
  tiers: z.array(tier),
  /** `sold`: its track was, exclusively. */
  status: z.enum(['draft', 'published', 'sold']),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Product = z.output<typeof product>

export const productPage = page(product)

/** A product by itself, with what a buyer of each tier agrees to. */
export const wholeProduct = z.extend(product, {
  tiers: z.array(z.extend(tier, { contract: z.string() })),
})
export type WholeProduct = z.output<typeof wholeProduct>

/**
 * The licence and the contract of a tier are copied from a template of the seller's or a preset: the basic lease,
 * or the exclusive licence where it is exclusive. What is given beside that takes its place.
 */
const givenTier = z
  .strictObject({
    /** A present tier of the product that this one follows: its licence and contract stay where no others are given. */
    id: z.optional(id),
    name: line(100).check(z.minLength(1)),
    price_amount: amount,
    /** The buyer names the price, from `price_amount` on: for nothing too where that is 0. */
    is_price_open: z._default(z.boolean(), false),
    currency,
    is_exclusive: z._default(z.boolean(), false),
    template_id: z.optional(id),
    preset: z.optional(presetId),
    license: z._default(givenTerms, {}),
    contract: z.optional(contractText),
  })
  .check(
    z.refine(({ price_amount, currency }) => price_amount <= 0 || price_amount >= leastCharge(currency), {
      path: ['price_amount'],
      message: 'It is less than can be charged in this currency: ask for more, or for nothing',
      params: { code: 'too_small' },
    }),
    z.refine(({ is_price_open, is_exclusive }) => !(is_price_open && is_exclusive), {
      path: ['is_price_open'],
      message: 'An exclusive licence has one price',
      params: { code: 'not_of_exclusive' },
    }),
    z.refine(({ template_id, preset }) => template_id === undefined || preset === undefined, {
      path: ['preset'],
      message: 'It is made from a template or from a preset',
      params: { code: 'one_of' },
    }),
  )
export type GivenTier = z.output<typeof givenTier>

const tiers = z.array(givenTier).check(
  z.minLength(1),
  z.maxLength(10),
  z.check(({ value, issues }) => {
    const other = value.findIndex(({ currency }) => currency !== value[0]?.currency)
    if (other < 0) return
    issues.push({
      code: 'custom',
      path: [other, 'currency'],
      message: 'A product has one currency',
      params: { code: 'one_currency' },
      input: value,
    })
  }),
)

const trackIds = z.array(id).check(
  z.minLength(1),
  z.maxLength(200),
  z.refine((ids) => new Set(ids).size === ids.length, {
    message: 'A track stands here twice',
    params: { code: 'duplicate' },
  }),
)

const title = line(200).check(z.minLength(1))
const description = prose(5000)
const status = z.optional(z.enum(['draft', 'published']))

export const createProduct = z
  .strictObject({
    kind: productKind,
    /** Of `track_license`. */
    track_id: z.optional(id),
    /** Of `sample_pack`. */
    track_ids: z.optional(trackIds),
    title,
    description: z._default(description, ''),
    /** Left out: `published` where that can be, else `draft`. */
    status,
    tiers,
  })
  .check(
    fits('track_id', 'track_license'),
    fits('track_ids', 'sample_pack'),
    z.check(({ value, issues }) => {
      if (value.kind === 'track_license') return
      const at = value.tiers.findIndex(({ is_exclusive }) => is_exclusive)
      if (at >= 0) issues.push(onlyOfTracks(value, ['tiers', at, 'is_exclusive']))
    }),
  )
export type CreateProduct = z.output<typeof createProduct>

export const onlyOfTracks = (input: unknown, path: (string | number)[]) => ({
  code: 'custom' as const,
  path,
  message: 'Only the licence of a track is exclusive',
  params: { code: 'not_of_this_kind' },
  input,
})

interface Contents {
  readonly kind: string
  readonly track_id?: string | undefined
  readonly track_ids?: readonly string[] | undefined
}

function fits(field: 'track_id' | 'track_ids', kind: string) {
  return z.check<Contents>(({ value, issues }) => {
    const isThere = value[field] !== undefined
    if (isThere === (value.kind === kind)) return
    issues.push({
      code: 'custom',
      path: [field],
      message: isThere ? `Only a ${kind} has it` : `A ${kind} needs it`,
      params: { code: isThere ? 'not_of_this_kind' : 'required' },
      input: value,
    })
  })
}

export const updateProduct = z.strictObject({
  title: z.optional(title),
  description: z.optional(description),
  status,
  track_ids: z.optional(trackIds),
  /** All that there are from now on. One in which nothing changes keeps its id; any other gets a new one. */
  tiers: z.optional(tiers),
})
export type UpdateProduct = z.output<typeof updateProduct>

export const productParams = z.object({ product_id: id })

export const listProducts = z.strictObject({
  ...pageQuery.shape,
  /** A username. Sellers find all that is theirs under their own, drafts too. */
  seller: z.optional(z.string().check(z.maxLength(30), z.toLowerCase())),
  track_id: z.optional(id),
  kind: z.optional(productKind),
  currency: z.optional(currency),
})
export type ListProducts = z.output<typeof listProducts>
