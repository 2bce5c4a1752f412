CREATE TRIGGER shop_owners_guard_owner_split_update_0 BEFORE UPDATE ON owner_split BEGIN SELECT RAISE(ABORT, 'owner_split rows are never edited'); END
--
CREATE TRIGGER shop_owners_guard_owner_split_delete_1 BEFORE DELETE ON owner_split BEGIN SELECT RAISE(ABORT, 'owner_split rows are never deleted'); END
--
CREATE TRIGGER shop_owners_guard_owner_share_update_2 BEFORE UPDATE ON owner_share BEGIN SELECT RAISE(ABORT, 'owner_share rows are never edited'); END
--
CREATE TRIGGER shop_owners_guard_owner_share_delete_3 BEFORE DELETE ON owner_share BEGIN SELECT RAISE(ABORT, 'owner_share rows are never deleted'); END
--
CREATE TRIGGER shop_owners_guard_owner_split_insert_4 BEFORE INSERT ON owner_split WHEN (SELECT coalesce(sum(s.share_bp), 0) FROM owner_share s WHERE s.split_id = NEW.id) <> 10000 BEGIN SELECT RAISE(ABORT, 'the shares of a project come to ten thousand'); END
--
CREATE TRIGGER shop_owners_guard_owner_share_insert_5 BEFORE INSERT ON owner_share WHEN EXISTS (SELECT 1 FROM owner_split p WHERE p.id = NEW.split_id) BEGIN SELECT RAISE(ABORT, 'shares that are in force take no more payees'); END
--
CREATE TRIGGER shop_owners_guard_cash_part_insert_6 BEFORE INSERT ON cash_part WHEN (replace(NEW.origin, '/', '') <> NEW.origin) AND (NOT EXISTS (SELECT 1 FROM owner_split p JOIN owner_share s ON s.split_id = p.id WHERE p.origin || '/' || s.payee = NEW.origin)) BEGIN SELECT RAISE(ABORT, 'money is booked for payees that two persons named'); END
