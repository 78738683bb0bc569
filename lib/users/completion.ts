import * as z from 'zod/mini'

/** What makes a profile whole, and what each part is worth of a hundred. */
export const completionWeights = {
  avatar: 20,
  bio: 15,
  email_verified: 15,
  display_name: 10,
  location: 10,
  website: 10,
  social_links: 10,
  two_factor: 10,
} as const

export type CompletionField = keyof typeof completionWeights

const fields = Object.keys(completionWeights) as [CompletionField, ...CompletionField[]]

export const completion = z.object({
  percent: z.int().check(z.minimum(0), z.maximum(100)),
  /** What is worth most comes first. */
  missing: z.array(z.object({ field: z.enum(fields), weight: z.int() })),
})

export type Completion = z.output<typeof completion>

/** What of a user's data tells how complete their profile is. */
export interface ProfileFacts {
  readonly username: string
  readonly display_name: string
  readonly bio: string
  readonly location: string
  readonly website: string | null
  readonly social_links: Readonly<Record<string, string>>
  readonly avatar_sha256: string | null
  readonly email_verified_at: Date | null
  readonly has_second_factor: boolean
}

const isDone: Readonly<Record<CompletionField, (facts: ProfileFacts) => boolean>> = {
  avatar: ({ avatar_sha256 }) => avatar_sha256 !== null,
  bio: ({ bio }) => bio !== '',
  email_verified: ({ email_verified_at }) => email_verified_at !== null,
  // Whoever gives none gets the username for one.
  display_name: ({ display_name, username }) => display_name !== username,
  location: ({ location }) => location !== '',
  website: ({ website }) => website !== null,
  social_links: ({ social_links }) => Object.keys(social_links).length > 0,
  two_factor: ({ has_second_factor }) => has_second_factor,
}

export function completionOf(facts: ProfileFacts): Completion {
  const missing = fields
    .filter((field) => !isDone[field](facts))
    .map((field) => ({ field, weight: completionWeights[field] }))
    .toSorted((a, b) => b.weight - a.weight)
  return { percent: 100 - missing.reduce((sum, { weight }) => sum + weight, 0), missing }
}
