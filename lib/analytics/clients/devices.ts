export const devices = ['mobile', 'tablet', 'desktop', 'tv', 'speaker', 'other'] as const
export type Device = (typeof devices)[number]

/** The first that fits; a tablet says so before it says that it is mobile. */
const signs: readonly (readonly [Device, RegExp])[] = [
  ['speaker', /\b(sonos|alexa|echo|homepod|googlehome|google-?assistant|smart-?speaker)\b/i],
  [
    'tv',
    /\b(smart-?tv|appletv|apple tv|googletv|hbbtv|bravia|roku|crkey|aft[a-z]{1,3}\b|webos|tizen.*tv|playstation|xbox)/i,
  ],
  ['tablet', /\b(ipad|tablet|kindle|silk|playbook)\b|android(?!.*\bmobile\b)/i],
  ['mobile', /\b(iphone|ipod|mobile|android|windows phone)\b/i],
  ['desktop', /\b(windows nt|macintosh|x11|linux x86_64|cros|electron)\b/i],
]

/** Of what class a device is, as far as it says. */
export const deviceOf = (userAgent: string): Device =>
  signs.find(([, sign]) => sign.test(userAgent))?.[0] ?? 'other'
