import type * as z from 'zod/mini'
import type { orderData } from './order-data.ts'

type Shown = z.input<typeof orderData>['order']

const item: Shown['items'][number] = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9101',
  product_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9102',
  tier_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9103',
  seller_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9104',
  track_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9105',
  kind: 'track_license',
  title: 'Low Tide',
  tier_name: 'Lease',
  is_exclusive: false,
  price_amount: 2_999,
  discount_amount: 0,
  refunded_amount: 0,
  license_id: null,
}

export const exampleOrder: Shown = {
  id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9100',
  number: null,
  status: 'requires_payment',
  buyer_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9106',
  items: [item],
  currency: 'usd',
  subtotal_amount: 2_999,
  discount_amount: 0,
  total_amount: 2_999,
  refunded_amount: 0,
  discount_code: null,
  expires_at: '2026-12-01T09:30:00.000Z',
  paid_at: null,
  completed_at: null,
  end_reason: null,
  created_at: '2026-12-01T09:00:00.000Z',
  updated_at: '2026-12-01T09:00:00.000Z',
}

export const examplePaid: Shown = {
  ...exampleOrder,
  number: 1_042,
  status: 'paid',
  paid_at: '2026-12-01T09:02:00.000Z',
  updated_at: '2026-12-01T09:02:00.000Z',
}

export const exampleCompleted: Shown = {
  ...examplePaid,
  status: 'completed',
  items: [{ ...item, license_id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9107' }],
  completed_at: '2026-12-01T09:02:01.000Z',
  updated_at: '2026-12-01T09:02:01.000Z',
}

export const exampleEarnings = [{ order_item_id: item.id, amount: 2_699, reversed_amount: 0 }]
