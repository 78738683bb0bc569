create index invoices_seller on invoices (seller_id, id desc);
