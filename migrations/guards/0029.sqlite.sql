CREATE TRIGGER registry_guard_block_insert_34 BEFORE INSERT ON block WHEN (NEW.state = 'reserved') AND (NOT EXISTS (SELECT 1 FROM hold WHERE id = NEW.hold_id AND state = 'reserved')) BEGIN SELECT RAISE(ABORT, 'a block is reserved for a hold that is reserved'); END;
--
CREATE TRIGGER registry_guard_block_update_35 BEFORE UPDATE ON block WHEN ((NEW.state <> OLD.state OR NEW.account_id <> OLD.account_id OR NEW.lot_id IS DISTINCT FROM OLD.lot_id)) AND ((OLD.frozen_at IS NOT NULL OR EXISTS (SELECT 1 FROM account a WHERE a.id = OLD.account_id AND a.frozen_at IS NOT NULL) OR EXISTS (SELECT 1 FROM issuance i JOIN project p ON p.id = i.project_id WHERE i.id = OLD.issuance_id AND p.frozen_at IS NOT NULL))) BEGIN SELECT RAISE(ABORT, 'frozen grams do not move'); END;
--
CREATE TRIGGER registry_guard_block_update_36 BEFORE UPDATE ON block WHEN (OLD.state = 'held' AND NEW.state = 'reserved') AND (NOT EXISTS (SELECT 1 FROM hold WHERE id = NEW.hold_id AND state = 'reserved')) BEGIN SELECT RAISE(ABORT, 'a block is reserved for a hold that is reserved'); END;
--
CREATE TRIGGER registry_guard_block_update_37 BEFORE UPDATE ON block WHEN (OLD.state = 'reserved' AND NEW.state = 'allocated') AND (NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'allocated')) BEGIN SELECT RAISE(ABORT, 'grams are allocated when their hold is'); END;
--
CREATE TRIGGER registry_guard_block_update_38 BEFORE UPDATE ON block WHEN (OLD.state = 'reserved' AND NEW.state = 'held') AND (NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'released')) BEGIN SELECT RAISE(ABORT, 'reserved grams are released when their hold is'); END;
--
CREATE TRIGGER registry_guard_block_update_39 BEFORE UPDATE ON block WHEN (OLD.state = 'allocated' AND NEW.state = 'held') AND (NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'released')) BEGIN SELECT RAISE(ABORT, 'allocated grams are released when their hold is'); END;
--
CREATE TRIGGER registry_guard_block_update_40 BEFORE UPDATE ON block WHEN (OLD.state = 'allocated' AND NEW.state = 'retired') AND (NOT EXISTS (SELECT 1 FROM hold WHERE id = OLD.hold_id AND state = 'retired')) BEGIN SELECT RAISE(ABORT, 'grams retire when their hold does'); END;
--
CREATE TRIGGER registry_guard_block_update_53 BEFORE UPDATE ON block WHEN (OLD.lot_id IS NULL AND NEW.lot_id IS NOT NULL) AND (NOT EXISTS (SELECT 1 FROM pool_lot l JOIN issuance i ON i.project_id = l.project_id WHERE l.id = NEW.lot_id AND i.id = NEW.issuance_id)) BEGIN SELECT RAISE(ABORT, 'a lot takes grams of its own project only'); END;
--
CREATE TRIGGER shop_guard_orders_update_19 BEFORE UPDATE ON orders WHEN (NEW.state = 'paid' AND OLD.state <> 'paid') AND (NOT EXISTS (SELECT 1 FROM payment p WHERE p.order_id = NEW.id AND p.kind = 'order')) BEGIN SELECT RAISE(ABORT, 'an order is paid by a payment that is on record'); END;
--
CREATE TRIGGER shop_guard_orders_update_20 BEFORE UPDATE ON orders WHEN (NEW.state = 'retired' AND OLD.state <> 'retired') AND (NOT EXISTS (SELECT 1 FROM hold h WHERE h.id = NEW.hold_id AND h.state = 'retired')) BEGIN SELECT RAISE(ABORT, 'an order is retired when its grams are'); END;
--
CREATE TRIGGER shop_guard_hold_update_24 BEFORE UPDATE ON hold WHEN (NEW.state = 'retired' AND OLD.state <> 'retired') AND (EXISTS (SELECT 1 FROM refund r JOIN orders o ON o.id = r.order_id WHERE o.hold_id = NEW.id AND r.kind = 'before' AND r.state IN ('planned','pending','succeeded'))) BEGIN SELECT RAISE(ABORT, 'no retirement starts while a refund is pending'); END;
