import { CfnCondition, CfnParameter, Fn, type Stack } from 'aws-cdk-lib'
import type { StageConfig } from '../config.ts'

/** What a deployment may set without a change of code; the defaults are the stage's. */
export interface Parameters {
  readonly streamServerUrl: string
  readonly chatWsUrl: string
  readonly appUrl: string
  readonly mailFrom: string
  readonly pwnedPasswordsUrl: string
  readonly passkeyDomain: string
  /** Where virus definitions come from: empty for ClamAV's own servers, `off` for none of theirs. */
  readonly definitionsMirror: string
  /** Further files of definitions, comma-separated. */
  readonly definitionsUrls: string
  /** Where pictures are fetched from. */
  readonly mediaUrl: string
  readonly corsOrigins: string[]
  /** The same list as functions get it. */
  readonly corsOriginsText: string
  /** Where anybody reaches the API: certificates of licences lead there. */
  readonly apiUrl: string
  /** Empty for Stripe's own. */
  readonly stripeApiUrl: string
  /** What the platform keeps of a sale, in hundredths of a percent. */
  readonly platformFeeBps: string
}

export interface ParameterDefaults {
  /** Of the distribution that delivers pictures. */
  readonly mediaDomain: string
  /** That the gateway has by itself. */
  readonly apiEndpoint: string
}

export function declareParameters(
  stack: Stack,
  stage: StageConfig,
  { mediaDomain, apiEndpoint }: ParameterDefaults,
): Parameters {
  const { streamServerUrl, chatWsUrl, appUrl, mailFrom, pwnedPasswordsUrl, passkeyDomain } = stage.parameters
  const corsOrigins = corsOriginsParameter(stack, stage).valueAsList
  return {
    streamServerUrl: text(
      stack,
      'StreamServerUrl',
      streamServerUrl,
      'Where functions reach the stream server',
    ),
    chatWsUrl: text(stack, 'ChatWsUrl', chatWsUrl, 'Where clients reach the chat server'),
    appUrl: text(stack, 'AppUrl', appUrl, 'The web application that links in mails lead to'),
    mailFrom: text(stack, 'MailFrom', mailFrom, 'Sender of mails; SES must know its domain or itself'),
    pwnedPasswordsUrl: text(
      stack,
      // Not named for passwords: CloudFormation would take its value for a secret.
      'BreachListUrl',
      pwnedPasswordsUrl,
      'Range API that knows breached passwords; empty asks nobody',
    ),
    passkeyDomain: text(stack, 'PasskeyDomain', passkeyDomain, 'Domain of the web application, for passkeys'),
    definitionsMirror: text(
      stack,
      'DefinitionsMirror',
      '',
      "Private mirror of ClamAV's definitions; empty for its own servers, off for none",
    ),
    definitionsUrls: text(
      stack,
      'DefinitionsUrls',
      '',
      'Further files of virus definitions, by their URLs, comma-separated',
    ),
    mediaUrl: urlOr(
      stack,
      'MediaUrl',
      `https://${mediaDomain}`,
      'Where clients fetch pictures; empty for the domain that the distribution has by itself',
    ),
    apiUrl: urlOr(
      stack,
      // An output has the shorter name.
      'PublicApiUrl',
      apiEndpoint,
      'Where the API is reached; empty for the address that the gateway has by itself',
    ),
    stripeApiUrl: text(stack, 'StripeApiUrl', '', "Where Stripe is reached; empty for Stripe's own servers"),
    platformFeeBps: new CfnParameter(stack, 'PlatformFeeBps', {
      type: 'Number',
      default: 1000,
      minValue: 0,
      maxValue: 10_000,
      description: 'What the platform keeps of a sale, in hundredths of a percent',
    }).valueAsString,
    corsOrigins,
    corsOriginsText: Fn.join(',', corsOrigins),
  }
}

/** In both stacks that need it, under one name: `cdk deploy --parameters CorsOrigins=…` sets both. */
export function corsOriginsParameter(stack: Stack, stage: StageConfig) {
  return new CfnParameter(stack, 'CorsOrigins', {
    type: 'CommaDelimitedList',
    default: stage.parameters.corsOrigins,
    description: 'Exact origins of the web applications that may call the API and upload, comma-separated',
  })
}

/** What is given, or else what stands for it. */
function urlOr(stack: Stack, id: string, otherwise: string, description: string): string {
  const url = text(stack, id, '', description)
  const isGiven = new CfnCondition(stack, `Has${id}`, {
    expression: Fn.conditionNot(Fn.conditionEquals(url, '')),
  })
  return Fn.conditionIf(isGiven.logicalId, url, otherwise).toString()
}

const text = (stack: Stack, id: string, value: string, description: string) =>
  new CfnParameter(stack, id, { default: value, description }).valueAsString
