import * as z from 'zod/mini'
import type { Terms } from './terms.ts'

export const presetId = z.enum(['basic_lease', 'unlimited', 'exclusive'])
export type PresetId = z.output<typeof presetId>

export interface Preset {
  readonly name: string
  readonly terms: Terms
  readonly contract: string
}

const parties = `Date: {{contract_date}}
Order: {{order_number}}
Serial of the licence: {{serial}}

Licensor: {{licensor_name}}, known as {{licensor_alias}}
{{licensor_address}}

Licensee: {{licensee_name}}, known as {{licensee_alias}}
{{licensee_address}}

Recording: "{{track}}", sold as "{{product}}"
Licence: {{license}}
Price, paid in full: {{price}}`

const use = `The Licensee may
a) make one new work with the Recording, by adding vocals or other sound to it and by shortening or repeating it;
b) distribute the new work in at most this many copies, downloads among them: {{distribution_copies}};
c) have it streamed as audio at most this many times: {{audio_streams}};
d) make at most this many music videos with it: {{music_videos}}, with at most this many views where money is earned with them: {{monetised_video_views}}, and at most this many where none is: {{non_monetised_video_views}};
e) have it played by at most this many radio stations: {{radio_stations}};
f) perform it for money at most this many times: {{paid_performances}}.

Use with film, television, games or advertisements is {{sync}}.`

const frame = `The licence holds for {{term}} and for this territory: {{territory}}. The files are delivered as: {{files}}.

Credit is {{credit}}. Where it is given or required, it reads "Produced by {{licensor_alias}}".

Of the publishing of the new work, {{publishing_split}} is the Licensor's. Each side registers its own part with the societies that it belongs to.`

const bounds = `The Licensee may not sell, lend or give away the Recording by itself, offer it to others as a licence, register it with a service that claims recordings by their sound, or use it in a way that breaks the law.`

const ending = `The Licensor says that the Recording is theirs to license and that, as far as they know, it takes nothing from anybody else. Neither side is liable for more than the price where it has acted in good faith.

The licence ends if its payment is taken back, or if the Licensee breaks it and does not put that right within 14 days of being told. Whether it is in force can be looked up at any time by its serial.`

const nonExclusive = `The Licensor keeps all rights in the Recording and may license it to others, now and later. If it is one day sold exclusively to somebody else, this licence stays as it is.`

/** As often, as long and wherever the licensee likes. */
const boundless = {
  distribution_copies: null,
  audio_streams: null,
  music_videos: null,
  monetised_video_views: null,
  non_monetised_video_views: null,
  radio_stations: null,
  paid_performances: null,
  term_years: null,
  territory: null,
} as const

export const presets: Readonly<Record<PresetId, Preset>> = {
  basic_lease: {
    name: 'Basic lease',
    terms: {
      distribution_copies: 2_000,
      audio_streams: 100_000,
      music_videos: 1,
      monetised_video_views: 100_000,
      non_monetised_video_views: 500_000,
      radio_stations: 2,
      paid_performances: 10,
      term_years: 2,
      territory: null,
      sync_allowed: false,
      credit_required: true,
      publishing_split_bps: 5_000,
      files: ['mp3'],
    },
    contract: articles('NON-EXCLUSIVE LICENCE', parties, [
      `The Licensor gives the Licensee a non-exclusive licence, which cannot be passed on, to use the Recording within the limits below. ${nonExclusive}`,
      use,
      'Whoever comes near a limit buys a further licence before it is passed.',
      frame,
      bounds,
      ending,
    ]),
  },
  unlimited: {
    name: 'Unlimited lease',
    terms: {
      ...boundless,
      sync_allowed: false,
      credit_required: true,
      publishing_split_bps: 5_000,
      files: ['mp3', 'master'],
    },
    contract: articles('NON-EXCLUSIVE LICENCE WITHOUT LIMITS OF NUMBER', parties, [
      `The Licensor gives the Licensee a non-exclusive licence, which cannot be passed on, to use the Recording in one new work. ${nonExclusive}`,
      `How often the new work is copied, streamed, shown, broadcast and performed is bounded only by this list:

{{limits}}`,
      frame,
      bounds,
      ending,
    ]),
  },
  exclusive: {
    name: 'Exclusive licence',
    terms: {
      ...boundless,
      sync_allowed: true,
      credit_required: false,
      publishing_split_bps: 5_000,
      files: ['mp3', 'master'],
    },
    contract: articles('EXCLUSIVE LICENCE', parties, [
      `The Licensor gives the Licensee an exclusive licence to use the Recording. From the date above on the Licensor gives no further licence of it to anybody and takes it off sale. The Licensor stays the author and keeps the copyright in the Recording and the composition.`,
      `Licences that others have bought before that date stay in force as they were sold; the Licensee takes the Recording knowing of that.`,
      `The Licensee may make any number of new works with the Recording and use them within this list:

{{limits}}`,
      frame,
      bounds,
      ending,
    ]),
  },
}

function articles(title: string, parties: string, texts: readonly string[]): string {
  return [title, parties, ...texts.map((text, at) => `${at + 1}. ${text}`)].join('\n\n')
}

/** Of a tier for which nothing else was chosen. */
export const usualPreset = (isExclusive: boolean): PresetId => (isExclusive ? 'exclusive' : 'basic_lease')
