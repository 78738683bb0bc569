import { Duration } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { routeGroups } from '../../functions/routes.ts'
import { ApiFunction } from './api-function.ts'
import type { Foundation } from './foundation.ts'
import { ServiceFunction } from './service-function.ts'
import { version } from './version.ts'
import { dispatchSettings, grantDispatch } from './webhook-work.ts'

/** Of the hashes of passwords; each step doubles the work. */
const bcryptCost = '12'

/** One function for each group of routes, with what each may do, and the authorizer before them. */
export class ApiFunctions extends Construct {
  readonly byGroup: Readonly<Record<keyof typeof routeGroups, ApiFunction>>
  readonly authorizer: ServiceFunction
  private readonly on: Foundation

  constructor(scope: Construct, id: string, foundation: Foundation) {
    super(scope, id)
    this.on = foundation
    this.authorizer = this.createAuthorizer()
    this.byGroup = {
      auth: this.createAuth(),
      users: this.createUsers(),
      tracks: this.createTracks(),
      playlists: this.createPlaylists(),
      social: this.createSocial(),
      marketplace: this.createMarketplace(),
      analytics: this.createAnalytics(),
      webhooks: this.createWebhooks(),
      chat: this.createChat(),
      admin: this.createAdmin(),
      internal: this.createInternal(),
      system: this.createSystem(),
    }
  }

  get all(): readonly ServiceFunction[] {
    return [this.authorizer, ...Object.values(this.byGroup)]
  }

  /** On the way of every cold request, so small, outside the VPC and without a database. */
  private createAuthorizer() {
    const { stage, alarms, secrets } = this.on
    const authorizer = new ServiceFunction(this, 'authorizer', {
      stage,
      alarms,
      name: 'authorizer',
      memorySize: 256,
      // The gateway waits 10 s for it.
      timeout: Duration.seconds(5),
      environment: { JWT_SECRET_ARN: secrets.jwt.secretArn },
    })
    authorizer.grantSecret(secrets.jwt)
    return authorizer
  }

  private createAuth() {
    const { secrets, events, parameters } = this.on
    const auth = this.apiFunction(
      'auth',
      {
        JWT_SECRET_ARN: secrets.jwt.secretArn,
        FIELD_SECRET_ARN: secrets.field.secretArn,
        EVENTS_QUEUE_URL: events.queue.queueUrl,
        ACCESS_TOKEN_TTL_SECONDS: '900',
        WEBAUTHN_RP_ID: parameters.passkeyDomain,
        PWNED_PASSWORDS_URL: parameters.pwnedPasswordsUrl,
        BCRYPT_COST: bcryptCost,
      },
      // One whole vCPU: a hash costs the same GB-seconds as at 512 MB and takes a third of the time.
      1769,
    )
    auth.grantSecret(secrets.jwt)
    auth.grantSecret(secrets.field)
    auth.grantSend(events.queue)
    return auth
  }

  private createUsers() {
    const { secrets, events, storage } = this.on
    const users = this.apiFunction('users', {
      JWT_SECRET_ARN: secrets.jwt.secretArn,
      EVENTS_QUEUE_URL: events.queue.queueUrl,
      EXPORTS_BUCKET: storage.exports.bucketName,
      UPLOADS_BUCKET: storage.uploads.bucketName,
      BCRYPT_COST: bcryptCost,
    })
    users.grantSecret(secrets.jwt)
    users.grantSend(events.queue)
    users.allowObjects(['s3:GetObject'], storage.exports, 'exports/accounts/')
    users.allowObjects(['s3:PutObject'], storage.uploads, 'uploads/images/')
    return users
  }

  /**
   * May put into the quarantine and read nothing from it: upload URLs are signed with this role. Whether an object is
   * there the list of the bucket tells; asking for the object itself would need the right to read it.
   */
  private createTracks() {
    const { secrets, events, storage, parameters } = this.on
    const tracks = this.apiFunction('tracks', {
      EVENTS_QUEUE_URL: events.queue.queueUrl,
      UPLOADS_BUCKET: storage.uploads.bucketName,
      APP_URL: parameters.appUrl,
      JWT_SECRET_ARN: secrets.jwt.secretArn,
      STREAM_JWT_SECRET_ARN: secrets.streamJwt.secretArn,
      STREAM_URL_SECRET_ARN: secrets.streamUrl.secretArn,
      STREAM_SERVER_URL: parameters.streamServerUrl,
      MEDIA_KEY_SECRET_ARN: secrets.mediaKey.secretArn,
    })
    tracks.allowObjects(
      ['s3:PutObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
      storage.uploads,
      'uploads/',
    )
    tracks.allow(['s3:ListBucketVersions'], storage.uploads.bucketArn)
    tracks.grantSend(events.queue)
    const { jwt, streamJwt, streamUrl, mediaKey } = secrets
    for (const secret of [jwt, streamJwt, streamUrl, mediaKey]) tracks.grantSecret(secret)
    return tracks
  }

  private createPlaylists() {
    const { secrets, events, storage } = this.on
    const playlists = this.apiFunction('playlists', {
      JWT_SECRET_ARN: secrets.jwt.secretArn,
      EVENTS_QUEUE_URL: events.queue.queueUrl,
      UPLOADS_BUCKET: storage.uploads.bucketName,
    })
    playlists.grantSecret(secrets.jwt)
    playlists.grantSend(events.queue)
    playlists.allowObjects(['s3:PutObject'], storage.uploads, 'uploads/images/')
    return playlists
  }

  private createSocial() {
    const { secrets, events } = this.on
    const social = this.apiFunction('social', {
      JWT_SECRET_ARN: secrets.jwt.secretArn,
      EVENTS_QUEUE_URL: events.queue.queueUrl,
    })
    social.grantSecret(secrets.jwt)
    social.grantSend(events.queue)
    return social
  }

  /** Signs links to what was bought, and reads the statements that the worker of Stripe has written. */
  private createMarketplace() {
    const { secrets, events, stripe, storage, parameters } = this.on
    const marketplace = this.apiFunction('marketplace', {
      JWT_SECRET_ARN: secrets.jwt.secretArn,
      EVENTS_QUEUE_URL: events.queue.queueUrl,
      STRIPE_QUEUE_URL: stripe.queue.queueUrl,
      STRIPE_SECRET_ARN: secrets.stripe.secretArn,
      STRIPE_API_URL: parameters.stripeApiUrl,
      LICENSE_KEY_SECRET_ARN: secrets.licenseKey.secretArn,
      MEDIA_KEY_SECRET_ARN: secrets.mediaKey.secretArn,
      EXPORTS_BUCKET: storage.exports.bucketName,
      APP_URL: parameters.appUrl,
      API_URL: parameters.apiUrl,
      PLATFORM_FEE_BPS: parameters.platformFeeBps,
    })
    const { jwt, stripe: stripeKeys, licenseKey, mediaKey } = secrets
    for (const secret of [jwt, stripeKeys, licenseKey, mediaKey]) marketplace.grantSecret(secret)
    marketplace.grantSend(events.queue)
    marketplace.grantSend(stripe.queue)
    marketplace.allowObjects(['s3:GetObject'], storage.exports, 'exports/statements/')
    return marketplace
  }

  private createAnalytics() {
    const { secrets, analytics: queue, storage } = this.on
    const analytics = this.apiFunction('analytics', {
      JWT_SECRET_ARN: secrets.jwt.secretArn,
      ANALYTICS_QUEUE_URL: queue.queue.queueUrl,
      EXPORTS_BUCKET: storage.exports.bucketName,
    })
    analytics.grantSecret(secrets.jwt)
    analytics.grantSend(queue.queue)
    // A link that it signs reads what it may read.
    analytics.allowObjects(['s3:GetObject', 's3:PutObject'], storage.exports, 'exports/analytics/')
    return analytics
  }

  private createWebhooks() {
    const { stage } = this.on
    const webhooks = this.apiFunction('webhooks', {
      WEBHOOK_ALLOW_LOCAL: String(stage.webhooksAllowLocal),
      ...dispatchSettings(this.on),
    })
    grantDispatch(webhooks, this.on)
    return webhooks
  }

  private createChat() {
    const { secrets, parameters } = this.on
    const chat = this.apiFunction('chat', {
      CHAT_JWT_SECRET_ARN: secrets.chatJwt.secretArn,
      CHAT_WS_URL: parameters.chatWsUrl,
    })
    chat.grantSecret(secrets.chatJwt)
    return chat
  }

  private createAdmin() {
    const { events } = this.on
    const admin = this.apiFunction('admin', { EVENTS_QUEUE_URL: events.queue.queueUrl })
    admin.grantSend(events.queue)
    return admin
  }

  private createInternal() {
    const { secrets, events, storage } = this.on
    const internal = this.apiFunction('internal', {
      EVENTS_QUEUE_URL: events.queue.queueUrl,
      MEDIA_BUCKET: storage.media.bucketName,
      JWT_SECRET_ARN: secrets.jwt.secretArn,
    })
    // Of what was stored before versions were kept on record, none can be named.
    internal.allowObjects(['s3:GetObject', 's3:GetObjectVersion'], storage.media, 'originals/')
    internal.grantSecret(secrets.jwt)
    internal.grantSend(events.queue)
    return internal
  }

  private createSystem() {
    const { events, storage } = this.on
    const system = this.apiFunction('system', {
      UPLOADS_BUCKET: storage.uploads.bucketName,
      EVENTS_QUEUE_URL: events.queue.queueUrl,
      APP_VERSION: version,
    })
    system.allow(['s3:ListBucket'], storage.uploads.bucketArn)
    system.allow(['sqs:GetQueueAttributes'], events.queue.queueArn)
    return system
  }

  private apiFunction(
    name: keyof typeof routeGroups,
    environment: Readonly<Record<string, string>>,
    memorySize?: number,
  ) {
    const { stage, alarms, database, parameters, cacheUrl } = this.on
    return new ApiFunction(this, name, {
      stage,
      alarms,
      database,
      name,
      environment: {
        CORS_ORIGINS: parameters.corsOriginsText,
        MEDIA_URL: parameters.mediaUrl,
        ...(cacheUrl && { CACHE_URL: cacheUrl }),
        ...environment,
      },
      ...(memorySize && { memorySize }),
    })
  }
}
