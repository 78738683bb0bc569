import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, timestamp } from '../http/route.ts'
import { line } from '../text.ts'
import { contractText } from './contract.ts'
import { presetId } from './presets.ts'
import { givenTerms, terms } from './terms.ts'

export const template = z.object({
  id: z.uuid(),
  name: z.string(),
  terms,
  /** Its variables still open. */
  contract: z.string(),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Template = z.output<typeof template>

export const templatePage = page(template)

const name = line(100).check(z.minLength(1))

/** Made from a preset; what is given beside that takes its place. */
export const createTemplate = z.strictObject({
  name,
  preset: z._default(presetId, 'basic_lease'),
  terms: z._default(givenTerms, {}),
  contract: z.optional(contractText),
})
export type CreateTemplate = z.output<typeof createTemplate>

/** Tiers that were made from it stay as they are. */
export const updateTemplate = z.strictObject({
  name: z.optional(name),
  terms: z.optional(givenTerms),
  contract: z.optional(contractText),
})
export type UpdateTemplate = z.output<typeof updateTemplate>

export const templateParams = z.object({ template_id: id })

export const presetList = z.object({
  data: z.array(z.object({ id: presetId, name: z.string(), terms, contract: z.string() })),
  /** What a contract can name in double braces, and what each stands for. */
  variables: z.array(z.object({ name: z.string(), meaning: z.string() })),
})
