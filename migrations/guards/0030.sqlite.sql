CREATE TRIGGER training_guard_training_paper_correction_update_17 BEFORE UPDATE ON training_paper_correction BEGIN SELECT RAISE(ABORT, 'training_paper_correction rows are never edited'); END
--
CREATE TRIGGER training_guard_training_paper_correction_delete_18 BEFORE DELETE ON training_paper_correction BEGIN SELECT RAISE(ABORT, 'training_paper_correction rows are never deleted'); END
--
CREATE TRIGGER training_guard_training_paper_correction_insert_19 BEFORE INSERT ON training_paper_correction WHEN NOT EXISTS (SELECT 1 FROM training_attempt AS a JOIN training_attempt AS b ON b.enrolment_id = a.enrolment_id AND b.quiz = a.quiz AND b.seed = a.seed WHERE a.id = NEW.attempt_id AND b.id = NEW.by_attempt_id AND b.number > a.number AND a.way = 'paper' AND b.way = 'paper') BEGIN SELECT RAISE(ABORT, 'a sheet is corrected by another sheet of the same paper'); END
