/** What a payment with a test payment method comes to; the names are Stripe's own (https://docs.stripe.com/testing). */
export interface Behaviour {
  readonly type: 'card' | 'us_bank_account'
  readonly brand?: string
  readonly last4: string
  readonly decline?: Decline
  /** Asks for 3-D Secure, and then goes on with the rest. */
  readonly authenticates?: true
  readonly disputed?: 'fraudulent' | 'product_not_received'
  /** The refund succeeds, and fails afterwards. */
  readonly refundFails?: true
  /** The money may be transferred at once. */
  readonly availableAtOnce?: true
}

export interface Decline {
  readonly code: string
  readonly decline_code?: string
  readonly message: string
}

const declined = (decline_code: string, message = 'Your card was declined.'): Decline => ({
  code: 'card_declined',
  decline_code,
  message,
})

const visa = (last4: string, more: Partial<Behaviour> = {}): Behaviour => ({
  type: 'card',
  brand: 'visa',
  last4,
  ...more,
})

const bank = (last4: string, more: Partial<Behaviour> = {}): Behaviour => ({
  type: 'us_bank_account',
  last4,
  ...more,
})

const behaviours: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: visa('4242'),
  pm_card_mastercard: { type: 'card', brand: 'mastercard', last4: '4444' },
  pm_card_bypassPending: visa('0077', { availableAtOnce: true }),
  pm_card_chargeDeclined: visa('0002', { decline: declined('generic_decline') }),
  pm_card_visa_chargeDeclined: visa('0002', { decline: declined('generic_decline') }),
  pm_card_chargeDeclinedInsufficientFunds: visa('9995', {
    decline: declined('insufficient_funds', 'Your card has insufficient funds.'),
  }),
  pm_card_visa_chargeDeclinedInsufficientFunds: visa('9995', {
    decline: declined('insufficient_funds', 'Your card has insufficient funds.'),
  }),
  pm_card_visa_chargeDeclinedLostCard: visa('9987', { decline: declined('lost_card') }),
  pm_card_visa_chargeDeclinedStolenCard: visa('9979', { decline: declined('stolen_card') }),
  pm_card_chargeDeclinedExpiredCard: visa('0069', {
    decline: { code: 'expired_card', message: 'Your card has expired.' },
  }),
  pm_card_chargeDeclinedIncorrectCvc: visa('0127', {
    decline: { code: 'incorrect_cvc', message: "Your card's security code is incorrect." },
  }),
  pm_card_chargeDeclinedProcessingError: visa('0119', {
    decline: {
      code: 'processing_error',
      message: 'An error occurred while processing your card. Try again in a little bit.',
    },
  }),
  pm_card_authenticationRequired: visa('3184', { authenticates: true }),
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: visa('1629', {
    authenticates: true,
    decline: declined('insufficient_funds', 'Your card has insufficient funds.'),
  }),
  pm_card_createDispute: visa('0259', { disputed: 'fraudulent' }),
  pm_card_createDisputeProductNotReceived: visa('2685', { disputed: 'product_not_received' }),
  pm_card_refundFail: visa('5126', { refundFails: true }),
  pm_usBankAccount_success: bank('6789'),
  pm_usBankAccount_insufficientFunds: bank('2227', {
    decline: {
      code: 'payment_method_bank_account_blocked',
      decline_code: 'insufficient_funds',
      message: 'The customer’s account has insufficient funds to cover this payment.',
    },
  }),
}

export const behaviourOfTest = (id: string): Behaviour | undefined =>
  Object.hasOwn(behaviours, id) ? behaviours[id] : undefined

/** By the last digits, which no two that behave differently share. */
export const behaviourOfNumber = (last4: string): Behaviour =>
  Object.values(behaviours).find((behaviour) => behaviour.last4 === last4)!
