"""The plainest JSON endpoint that Flask can have: it reads JSON and gives JSON. No key, no database, nothing computed."""

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.post("/json")
def answer():
    asked = request.get_json()
    return jsonify(model=asked["model"], rows=len(asked["transactions"]))
