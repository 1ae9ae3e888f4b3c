def test_samples_are_listed_with_their_columns(ask):
    listed = {item["name"]: item for item in ask("GET", "/datasets").json["datasets"]}
    assert {"iris", "sleepstudy", "AirPassengers"} <= set(listed)
    assert listed["iris"]["sample"] is True
    assert [column["name"] for column in listed["iris"]["columns"]][-1] == "Species"


def test_a_dataset_tells_its_rows_and_shows_the_first(ask):
    iris = ask("GET", "/datasets/iris", query_string={"rows": 2}).json
    assert iris["rows"] == 150
    assert iris["page"][0] == {
        "Sepal_Length": 5.1,
        "Sepal_Width": 3.5,
        "Petal_Length": 1.4,
        "Petal_Width": 0.2,
        "Species": "setosa",
    }


def test_rows_can_be_had_as_csv(ask):
    response = ask("GET", "/datasets/iris", query_string={"rows": 1}, headers={"Accept": "text/csv"})
    assert response.text.splitlines() == ["Sepal_Length,Sepal_Width,Petal_Length,Petal_Width,Species", "5.1,3.5,1.4,0.2,setosa"]


def test_an_unknown_dataset_is_not_found(ask):
    assert ask("GET", "/datasets/nothing").status_code == 404
    response = ask("POST", "/regress", json={"formula": "y ~ x", "dataset": "nothing"})
    assert response.status_code == 404


def test_a_missing_value_is_null(ask):
    rows = ask("GET", "/datasets/airquality", query_string={"rows": 5}).json["page"]
    assert rows[4]["Ozone"] is None
