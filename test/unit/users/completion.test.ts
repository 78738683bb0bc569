import { completionOf, completionWeights, type ProfileFacts } from '../../../lib/users/completion.ts'

const empty: ProfileFacts = {
  username: 'nova',
  display_name: 'nova',
  bio: '',
  location: '',
  website: null,
  social_links: {},
  avatar_sha256: null,
  email_verified_at: null,
  has_second_factor: false,
}
const whole: ProfileFacts = {
  username: 'nova',
  display_name: 'Nova',
  bio: 'Sings',
  location: 'Łódź',
  website: 'https://nova.example/',
  social_links: { bandcamp: 'https://nova.bandcamp.com/' },
  avatar_sha256: 'ab'.repeat(32),
  email_verified_at: new Date(),
  has_second_factor: true,
}

test('the weights are parts of a hundred', () => {
  expect(Object.values(completionWeights).reduce((sum, weight) => sum + weight, 0)).toBe(100)
})

test('a whole profile lacks nothing', () => {
  expect(completionOf(whole)).toEqual({ percent: 100, missing: [] })
})

test('an empty profile lacks everything, what is worth most first', () => {
  const { percent, missing } = completionOf(empty)

  expect(percent).toBe(0)
  expect(missing.map(({ field }) => field).toSorted()).toEqual(Object.keys(completionWeights).toSorted())
  const weights = missing.map(({ weight }) => weight)
  expect(weights).toEqual(weights.toSorted((a, b) => b - a))
})

test.each<[field: keyof typeof completionWeights, lacking: Partial<ProfileFacts>]>([
  ['avatar', { avatar_sha256: null }],
  ['bio', { bio: '' }],
  ['email_verified', { email_verified_at: null }],
  ['display_name', { display_name: 'nova' }],
  ['location', { location: '' }],
  ['website', { website: null }],
  ['social_links', { social_links: {} }],
  ['two_factor', { has_second_factor: false }],
])('without %s a profile lacks its weight', (field, lacking) => {
  const weight = completionWeights[field]

  expect(completionOf({ ...whole, ...lacking })).toEqual({
    percent: 100 - weight,
    missing: [{ field, weight }],
  })
})
