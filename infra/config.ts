import { Duration } from 'aws-cdk-lib'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'

export type StageName = 'local' | 'dev' | 'staging' | 'prod'
export type QueueName =
  | 'scan'
  | 'metadata'
  | 'analysis'
  | 'events'
  | 'stripe'
  | 'webhooks'
  | 'webhook-results'
  | 'analytics'

/**
 * All that differs between stages; everything else is the same template.
 *
 * What `dev` costs while nobody uses it, a month, at list prices of us-east-1: the proxy ~$88 (it is billed for at
 * least 8 capacity units), Aurora at 0.5 units ~$44, a NAT gateway and its address ~$37 (Stripe has no endpoint in a
 * VPC, so there is no way without one), alarms ~$7.90 (ten are free), eleven secrets $4.40, polling of queues and the
 * runs of relay and scheduler ~$3; ~$185 in all. `prod` has a second NAT gateway ~$37, and twice (a reader) one unit of
 * Aurora ~$175.
 */
export interface StageConfig {
  readonly name: StageName
  /** Functions reach AWS, Stripe and the stream server through them; with one, the other zone goes across. */
  readonly natGateways: 1 | 2
  readonly database: {
    /** Aurora capacity units, 2 GiB each. 0 would never pause: the proxy keeps connections open. */
    readonly minCapacity: number
    readonly maxCapacity: number
    readonly readers: number
    readonly backupDays: number
    readonly tls: 'verify-full' | 'disable'
  }
  /** Without it the database holds the counters, which costs a busy stage more than the ~$6 a month at least. */
  readonly valkey: boolean
  /** Database deletion protection and final snapshot, retained buckets and secrets, stack termination protection. */
  readonly keepData: boolean
  readonly logRetention: RetentionDays
  readonly logLevel: 'DEBUG' | 'INFO'
  /** Requests a second over the whole API; per-client limits are the application's. */
  readonly throttle: { readonly rateLimit: number; readonly burstLimit: number }
  /** Most consumers a queue may have at once. Reserved concurrency is left alone: a young account has 10 in all. */
  readonly maxConcurrency: Readonly<Record<QueueName, number>>
  /**
   * When new virus definitions come, what was let in during so many days is scanned again, as many files a minute: a
   * fraction of what the scanner's environments take, so that uploads do not wait.
   */
  readonly rescan: { readonly days: number; readonly perMinute: number }
  /** Whether webhooks may go to this very machine over plain HTTP: only where this machine is the whole platform. */
  readonly webhooksAllowLocal: boolean
  /** Defaults of the template's parameters. */
  readonly parameters: {
    readonly streamServerUrl: string
    readonly chatWsUrl: string
    readonly appUrl: string
    readonly mailFrom: string
    readonly corsOrigins: string
    /** Passkeys are made for it and die with it; the web application is there or below. */
    readonly passkeyDomain: string
    /** Empty: the bundled list alone decides. */
    readonly pwnedPasswordsUrl: string
  }
}

/** Have I Been Pwned; it gets five digits of a hash. */
const pwnedPasswords = 'https://api.pwnedpasswords.com/range'

const dev: StageConfig = {
  name: 'dev',
  natGateways: 1,
  database: { minCapacity: 0.5, maxCapacity: 2, readers: 0, backupDays: 1, tls: 'verify-full' },
  valkey: false,
  keepData: false,
  logRetention: RetentionDays.TWO_WEEKS,
  logLevel: 'DEBUG',
  throttle: { rateLimit: 100, burstLimit: 200 },
  maxConcurrency: {
    scan: 2,
    metadata: 5,
    analysis: 2,
    events: 5,
    stripe: 2,
    // One whose receiver does not answer is held for 15 s, and costs next to nothing meanwhile.
    webhooks: 50,
    'webhook-results': 2,
    analytics: 2,
  },
  rescan: { days: 30, perMinute: 10 },
  webhooksAllowLocal: false,
  parameters: {
    streamServerUrl: 'https://stream.dev.veza.example',
    chatWsUrl: 'wss://chat.dev.veza.example/ws',
    appUrl: 'https://dev.veza.example',
    mailFrom: 'no-reply@dev.veza.example',
    corsOrigins: 'https://dev.veza.example,http://localhost:5173',
    passkeyDomain: 'dev.veza.example',
    pwnedPasswordsUrl: pwnedPasswords,
  },
}

const prod: StageConfig = {
  name: 'prod',
  natGateways: 2,
  database: { minCapacity: 1, maxCapacity: 32, readers: 1, backupDays: 14, tls: 'verify-full' },
  valkey: true,
  keepData: true,
  logRetention: RetentionDays.THREE_MONTHS,
  logLevel: 'INFO',
  throttle: { rateLimit: 2_000, burstLimit: 4_000 },
  maxConcurrency: {
    scan: 20,
    metadata: 20,
    analysis: 20,
    events: 20,
    stripe: 10,
    webhooks: 50,
    'webhook-results': 10,
    analytics: 10,
  },
  rescan: { days: 30, perMinute: 60 },
  webhooksAllowLocal: false,
  parameters: {
    streamServerUrl: 'https://stream.veza.example',
    chatWsUrl: 'wss://chat.veza.example/ws',
    appUrl: 'https://veza.example',
    mailFrom: 'no-reply@veza.example',
    corsOrigins: 'https://veza.example',
    passkeyDomain: 'veza.example',
    pwnedPasswordsUrl: pwnedPasswords,
  },
}

export const stages: Readonly<Record<StageName, StageConfig>> = {
  local: {
    ...dev,
    name: 'local',
    rescan: { ...dev.rescan, perMinute: 60 },
    webhooksAllowLocal: true,
    database: { ...dev.database, tls: 'disable' },
    parameters: {
      streamServerUrl: 'http://127.0.0.1:8082',
      chatWsUrl: 'ws://127.0.0.1:8081/ws',
      appUrl: 'http://127.0.0.1:5173',
      mailFrom: 'no-reply@veza.example',
      corsOrigins: 'http://127.0.0.1:5173,http://localhost:5173',
      passkeyDomain: 'localhost',
      pwnedPasswordsUrl: '',
    },
  },
  dev,
  staging: {
    ...prod,
    name: 'staging',
    natGateways: 1,
    database: { minCapacity: 0.5, maxCapacity: 8, readers: 0, backupDays: 7, tls: 'verify-full' },
    logRetention: RetentionDays.ONE_MONTH,
    maxConcurrency: {
      scan: 5,
      metadata: 10,
      analysis: 5,
      events: 10,
      stripe: 5,
      webhooks: 50,
      'webhook-results': 5,
      analytics: 5,
    },
    parameters: {
      streamServerUrl: 'https://stream.staging.veza.example',
      chatWsUrl: 'wss://chat.staging.veza.example/ws',
      appUrl: 'https://staging.veza.example',
      mailFrom: 'no-reply@staging.veza.example',
      corsOrigins: 'https://staging.veza.example',
      passkeyDomain: 'staging.veza.example',
      pwnedPasswordsUrl: pwnedPasswords,
    },
  },
  prod,
}

export function stageNamed(name: string): StageConfig {
  if (!Object.hasOwn(stages, name)) {
    throw new Error(`There is no stage "${name}"; choose one of ${Object.keys(stages).join(', ')}`)
  }
  return stages[name as StageName]
}

export const resourceName = (stage: StageConfig, name: string) => `veza-${stage.name}-${name}`

export interface QueueSettings {
  /** Of the function that consumes it; the visibility timeout is derived from it. */
  readonly workerTimeout: Duration
  readonly batchSize: number
  /** How long a batch may wait until it is full; without it whatever is there goes at once. */
  readonly batchWindow?: Duration
  /** Deliveries before a message goes to the dead-letter queue. */
  readonly maxReceiveCount: number
  /** The oldest message may wait this long before the alarm rings. */
  readonly maxAge: Duration
}

/** As many receives as there are tries: the first, and after 1, 5 and 15 minutes. */
const fourTries = 4

export const queues: Readonly<Record<QueueName, QueueSettings>> = {
  scan: {
    workerTimeout: Duration.minutes(15),
    batchSize: 1,
    maxReceiveCount: fourTries,
    maxAge: Duration.minutes(30),
  },
  metadata: {
    workerTimeout: Duration.minutes(2),
    batchSize: 5,
    maxReceiveCount: fourTries,
    maxAge: Duration.minutes(15),
  },
  // Nobody waits for it: a burst of long files may stand here for a while.
  analysis: {
    workerTimeout: Duration.minutes(15),
    batchSize: 1,
    maxReceiveCount: 5,
    maxAge: Duration.hours(2),
  },
  events: {
    workerTimeout: Duration.minutes(1),
    batchSize: 5,
    maxReceiveCount: 8,
    maxAge: Duration.minutes(15),
  },
  // A call of Stripe may take 10 s and is made twice at most, and a message needs two of them at most.
  stripe: {
    workerTimeout: Duration.minutes(4),
    batchSize: 5,
    maxReceiveCount: 8,
    maxAge: Duration.minutes(30),
  },
  // A receiver has 15 s to answer; those of a batch are called side by side.
  webhooks: {
    workerTimeout: Duration.seconds(30),
    batchSize: 10,
    maxReceiveCount: 5,
    maxAge: Duration.minutes(15),
  },
  'webhook-results': {
    workerTimeout: Duration.minutes(1),
    batchSize: 10,
    maxReceiveCount: 8,
    maxAge: Duration.minutes(15),
  },
  // Written down together, as what a transaction costs beside its rows is the same for one call and for fifty.
  analytics: {
    workerTimeout: Duration.minutes(2),
    batchSize: 50,
    batchWindow: Duration.seconds(1),
    maxReceiveCount: 8,
    maxAge: Duration.minutes(15),
  },
}

/** How often the scheduler does each of its tasks; they stand in lib/schedule/tasks.ts. */
export const scheduledTasks: Readonly<Record<string, Duration>> = {
  'expire-keys': Duration.hours(1),
  'expire-notifications': Duration.days(1),
  'send-digests': Duration.minutes(1),
  'expire-mail-trouble': Duration.days(1),
  'repair-counts': Duration.days(1),
  'expire-events': Duration.hours(1),
  'expire-cache': Duration.hours(1),
  'sweep-auth': Duration.hours(1),
  'reseal-secrets': Duration.hours(1),
  'keep-months': Duration.days(1),
  'fold-counts': Duration.minutes(1),
  'rank-tracks': Duration.minutes(1),
  'refresh-search': Duration.hours(1),
  'watch-uploads': Duration.minutes(5),
  'prepare-streams': Duration.minutes(1),
  'sweep-uploads': Duration.minutes(5),
  'release-tracks': Duration.minutes(1),
  'analyse-versions': Duration.minutes(5),
  'rescan-versions': Duration.minutes(1),
  'purge-tracks': Duration.hours(1),
  'sweep-plays': Duration.hours(1),
  'delete-accounts': Duration.hours(1),
  'keep-playlists': Duration.days(1),
  'expire-exports': Duration.hours(1),
  'expire-images': Duration.hours(1),
  'expire-orders': Duration.minutes(1),
  'expire-offers': Duration.hours(1),
  'complete-orders': Duration.minutes(5),
  'expire-market': Duration.days(1),
  'release-earnings': Duration.hours(1),
  'pay-sellers': Duration.days(7),
  'retry-payouts': Duration.days(1),
  'check-money': Duration.hours(1),
  'answer-disputes': Duration.minutes(10),
  'resend-stripe': Duration.minutes(1),
  'reconcile-orders': Duration.minutes(10),
  'compare-balance': Duration.days(1),
  'roll-up': Duration.minutes(1),
  'send-webhooks': Duration.minutes(1),
  'recover-webhooks': Duration.minutes(1),
  'expire-webhooks': Duration.hours(1),
}

export const database = { name: 'veza', adminUser: 'veza_admin', appUser: 'veza_app', port: 5432 } as const
