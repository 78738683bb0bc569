/** At most `quota` calls in a window of so many seconds. */
export interface Limit {
  readonly quota: number
  readonly window_seconds: number
}

export interface LimitPolicy {
  /** For each address of a caller who is not signed in, or on routes that ask for nobody. */
  readonly anonymous: Limit
  /** For each signed-in user, whatever their address; where it is left out, everyone counts by address. */
  readonly user?: Limit
  /**
   * Whether the counter being out of reach lets the call through. What guards a secret stays shut then.
   */
  readonly fails: 'open' | 'shut'
}

const perMinute = (quota: number): Limit => ({ quota, window_seconds: 60 })
const perFiveMinutes = (quota: number): Limit => ({ quota, window_seconds: 300 })

/** How often a route may be called, by the class that it names in the table. */
export const limits = {
  read: { anonymous: perMinute(60), user: perMinute(600), fails: 'open' },
  write: { anonymous: perMinute(60), user: perMinute(120), fails: 'open' },
  /** Addresses of parts, which a fast line uses up quickly: one by one, 2 GiB have 128. */
  upload: { anonymous: perMinute(60), user: perMinute(600), fails: 'open' },
  search: { anonymous: perMinute(60), user: perMinute(60), fails: 'open' },
  download: { anonymous: perMinute(60), user: perMinute(60), fails: 'open' },
  /** Open to everybody, and written down each time. */
  verify: { anonymous: perMinute(20), fails: 'shut' },
  like: { anonymous: perMinute(60), user: perMinute(60), fails: 'open' },
  follow: { anonymous: perMinute(60), user: perFiveMinutes(30), fails: 'open' },
  comment: { anonymous: perMinute(60), user: { quota: 30, window_seconds: 3_600 }, fails: 'open' },
  report: { anonymous: perMinute(60), user: { quota: 20, window_seconds: 86_400 }, fails: 'open' },
  /** Webhooks sent because somebody asked for it: tests, and what is sent again. */
  webhook_send: { anonymous: perMinute(60), user: perMinute(30), fails: 'open' },
  /** Batches of what clients report. */
  analytics: { anonymous: perMinute(60), user: perMinute(60), fails: 'open' },
  chat_token: { anonymous: perMinute(60), user: perMinute(30), fails: 'open' },
  /** Whatever changes how an account is entered. */
  credentials: { anonymous: perMinute(60), user: perMinute(60), fails: 'shut' },
  login: { anonymous: perFiveMinutes(25), fails: 'shut' },
  register: { anonymous: { quota: 5, window_seconds: 1_800 }, fails: 'shut' },
  recovery: { anonymous: perFiveMinutes(25), fails: 'shut' },
  refresh: { anonymous: perFiveMinutes(150), fails: 'shut' },
  /** Mail programs post for many readers from a few addresses; what they post cannot be guessed. */
  unsubscribe: { anonymous: perMinute(600), fails: 'open' },
} as const satisfies Readonly<Record<string, LimitPolicy>>

/** `unlimited`: our own servers, and what touches nothing. */
export type LimitClass = keyof typeof limits | 'unlimited'
