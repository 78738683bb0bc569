import * as z from 'zod/mini'
import { type ProblemCode, problems } from '../errors.ts'

export const health = z.object({ status: z.literal('ok'), version: z.string() })

const checkResult = z.enum(['ok', 'failing'])

export const readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.object({
    database: checkResult,
    queue: checkResult,
    storage: checkResult,
    cache: checkResult,
  }),
})
export type Readiness = z.output<typeof readiness>

export const assetParams = z.strictObject({ asset: z.string().check(z.maxLength(100)) })

export const problemParams = z.strictObject({
  code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
})

export const problemGuide = z.object({
  code: z.string(),
  status: z.int(),
  title: z.string(),
  advice: z.string(),
})
