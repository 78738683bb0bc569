import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { removalPolicy } from '../removal.ts'
import { acknowledge } from './acknowledge.ts'

/** JSON, of which one member is generated. */
interface Shape {
  readonly given: Readonly<Record<string, string>>
  readonly generated: string
}

const ring: Shape = { given: { kid: '1' }, generated: 'key' }
const stripeKeys: Shape = { given: { secret_key: '' }, generated: 'webhook_secret' }

/** Generated at the first deployment; every audience has a key of its own. Functions get the ARNs only. */
export class Secrets extends Construct {
  /** `{"kid","key"}`; a rotation adds `previous_kid` and `previous_key`, so that what they signed lives on. */
  readonly jwt: Secret
  /** The same: encrypts single fields in the database, which a sweep seals anew every hour under the new key. */
  readonly field: Secret
  /** The same: encrypts what is handed to the sender of webhooks, which has no other key. */
  readonly webhook: Secret
  /** Shared with the stream server: its tokens, its signed URLs, the jobs sent to it. */
  readonly streamJwt: Secret
  readonly streamUrl: Secret
  readonly streamJob: Secret
  /** Shared with the chat server: its tokens. */
  readonly chatJwt: Secret
  /**
   * `{"key_pair_id","private_key"}`, by which links to media are signed. What is generated here opens nothing: an operator
   * makes the pair and puts it in, as docs/delivery.md says.
   */
  readonly mediaKey: Secret
  /** `{"secret_key","webhook_secret"}`, as Stripe gives them. What is generated here opens nothing: an operator puts them in. */
  readonly stripe: Secret
  /** `{"kid","key"}`: what the key is derived from that signs certificates of licences. Replaced by hand, both at once. */
  readonly licenseKey: Secret

  constructor(scope: Construct, id: string, stage: StageConfig) {
    super(scope, id)
    const generate = (name: string, description: string, shape: Shape | undefined, why: string) => {
      const secret = new Secret(this, name, {
        description,
        generateSecretString: {
          passwordLength: 64,
          excludePunctuation: true,
          ...(shape && {
            secretStringTemplate: JSON.stringify(shape.given),
            generateStringKey: shape.generated,
          }),
        },
        removalPolicy: removalPolicy(stage),
      })
      acknowledge(secret, 'AwsSolutions-SMG4', why)
      return secret
    }
    const rotated =
      'The key rotator replaces it every 30 days; the schedule is in the stack of the function, where this rule does not look'
    const paired =
      'Its public half is a parameter of the distribution, so an operator replaces both; the group there holds two keys meanwhile'
    const given = 'Stripe makes these keys and rolls them; an operator puts in what it gives'
    const lasting =
      'What it has signed is verified for ever, so it is replaced by hand, under a name of its own'
    const shared = 'A server beside us holds the same key, so both sides change it together, by hand'

    this.jwt = generate('JwtSecret', 'Signs access tokens', ring, rotated)
    this.field = generate('FieldSecret', 'Encrypts fields at rest', ring, rotated)
    this.webhook = generate('WebhookSecret', 'Encrypts messages to the webhook sender', ring, rotated)
    this.streamJwt = generate('StreamJwtSecret', 'Signs tokens for the stream server', undefined, shared)
    this.streamUrl = generate('StreamUrlSecret', 'Signs stream URLs', undefined, shared)
    this.streamJob = generate('StreamJobSecret', 'Signs jobs sent to the stream server', undefined, shared)
    this.chatJwt = generate('ChatJwtSecret', 'Signs tokens for the chat server', undefined, shared)
    this.mediaKey = generate('MediaKeySecret', 'Signs links to media', undefined, paired)
    this.stripe = generate('StripeSecret', 'Keys that Stripe gives', stripeKeys, given)
    this.licenseKey = generate('LicenseKeySecret', 'Signs certificates of licences', ring, lasting)
  }
}
