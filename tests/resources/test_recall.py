from resources.recall import QUESTIONS, Recall, question_of


def test_a_noted_question_is_recalled():
    recall = Recall(QUESTIONS)
    recall.note(b"q", "res_1")
    assert recall.find(b"q") == "res_1"


def test_the_oldest_question_is_forgotten_first():
    recall = Recall(QUESTIONS)
    for number in range(QUESTIONS + 1):
        recall.note(b"%d" % number, "res")
    assert recall.find(b"0") is None
    assert recall.find(b"1") == "res"


def test_moving_a_byte_from_one_part_to_the_next_makes_another_question():
    assert question_of((b"ab", b"c")) != question_of((b"a", b"bc"))
