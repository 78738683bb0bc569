import { defaultSettings, settings, updateSettings } from '../../../lib/users/settings.ts'

test('the defaults are settings', () => {
  expect(settings.parse(defaultSettings)).toEqual(defaultSettings)
})

test.each([
  ['en', 'en'],
  ['pt-br', 'pt-BR'],
  ['zh-hant-tw', 'zh-Hant-TW'],
  ['sr-Latn', 'sr-Latn'],
])('takes the language %s as %s', (given, kept) => {
  expect(updateSettings.parse({ language: given })).toEqual({ language: kept })
})

test.each(['Europe/Paris', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])(
  'takes the time zone %s',
  (timezone) => {
    expect(updateSettings.parse({ timezone })).toEqual({ timezone })
  },
)

test.each<unknown>([
  { language: '' },
  { language: 'english please' },
  { language: 'en_US' },
  { language: `en-${'x'.repeat(40)}` },
  { language: null },
  { timezone: '' },
  { timezone: 'Mars/Olympus' },
  { timezone: '+02:00' },
  { timezone: '../etc/passwd' },
  { timezone: 'A'.repeat(5_000) },
  { profile_visibility: 'secret' },
  { show_likes: 'yes' },
  { show_history: 1 },
  { allow_explicit: null },
  { unknown: true },
  { role: 'admin' },
  [],
])('refuses %j', (given) => {
  expect(updateSettings.safeParse(given).success).toBe(false)
})
