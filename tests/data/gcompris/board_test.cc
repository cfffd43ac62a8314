#include "data/gcompris/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::data::gcompris {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kBoard = R"qml(/* SPDX-FileCopyrightText: 2015 Ann Author <ann@example.org>
 * SPDX-FileCopyrightText: 2019 Bo Author
 *   SPDX-License-Identifier: GPL-3.0-or-later */
import QtQuick 2.12
QtObject { // tab: [ { "title": "no" } ]
    property string other: "tab: ["
    property int tabs: [1, 2][0]
    property var tab: [
        {
            "image": "qrc:/key.svg",
            "title": qsTr("Red \"Pyramid\""),
            "text": qsTr( "Of limestone.\nIt is \u00e9l\u00e9gant, 104 m (341 ft)." ),
            "audio": GCompris.path("qrc:/a.$CA", {"b": [1, 2]}),
            "image2": "qrc:/gcompris/red.webp", "text2": qsTr("Red Pyramid"),
            "x": 0.5 /* , "title": "no" */
        },
        { "title": "Plain", "image2": "elsewhere.png" },
        { "title": qsTr("In two " + "parts"), "image2": prefix + "a.webp", },
        { }
    ]
    property var instructions: [ { "title": qsTr("not of the list") } ]
}
)qml";

TEST(Board, ItsListIsReadAndNothingElse) {
  const Board board = read_board(kBoard, "board1.qml");
  EXPECT_EQ(board.licence, "GPL-3.0-or-later");
  EXPECT_THAT(board.authors, ElementsAre("2015 Ann Author <ann@example.org>", "2019 Bo Author"));
  ASSERT_EQ(board.entries.size(), 4u);
  EXPECT_EQ(board.entries[0].title, "Red \"Pyramid\"");
  EXPECT_EQ(board.entries[0].text, "Of limestone.\nIt is \u00e9l\u00e9gant, 104 m (341 ft).");
  EXPECT_EQ(board.entries[0].question, "Red Pyramid");
  EXPECT_EQ(board.entries[0].picture, "/gcompris/red.webp");
  EXPECT_EQ(board.entries[1].title, "Plain");
  EXPECT_EQ(board.entries[1].picture, "elsewhere.png");
  EXPECT_EQ(board.entries[2].title, "") << "computed texts are not known";
  EXPECT_EQ(board.entries[2].picture, "");
  EXPECT_EQ(board.entries[3].title, "");
  EXPECT_TRUE(read_board("QtObject { }", "x").entries.empty());
  EXPECT_TRUE(read_board("", "x").entries.empty());
}

TEST(Board, WhatDoesNotEndIsRefusedWithItsLine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"tab: [\n{ \"title\": \"a\" }", "has a list without an end"},
      {"tab: [\n{ \"title\": \"a\"", "without an end"},
      {"tab: [\n{ \"title\": \"a", "line 2 has a string without an end"},
      {"tab: [\n{ \"title\": \"a\n\" }]", "line 2 has a string without an end"},
      {"tab: [\n{ \"title\" \"a\" }]", "line 2 has a key without a value"},
      {"tab: [\n{ \"title\": qsTr(\"a\" }]", "without an end"},
      {"tab: [\n{ \"title\": \"a\\q\" }]", "has an unknown escape"},
      {"tab: [\n{ \"title\": \"\xFF\" }]", "that is not UTF-8"},
      {"tab: [\n{ ] }", "line 2 has an object without an end"},
      {"tab: [ } ]", "has a bracket too many"},
      {"tab: [ ) ]", "without an end"},
      {"tab: [ \"\\", "has a string without an end"},
  };
  for (const auto& [qml, expected] : cases) {
    try {
      read_board(qml, "b.qml");
      FAIL() << qml;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_THAT(error.what(), HasSubstr("b.qml: line "));
      EXPECT_THAT(error.what(), HasSubstr(expected)) << qml;
    }
  }
}

TEST(Board, EveryTruncationAndEveryChangedByteIsReadOrRefused) {
  const std::string whole = kBoard;
  const auto survives = [](const std::string& qml) {
    try {
      read_board(qml, "b.qml");
    } catch (const Error&) {
    }
  };
  for (size_t size = 0; size < whole.size(); ++size) survives(whole.substr(0, size));
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const char c : {'"', '{', '}', '[', ']', '(', ')', ',', '\\', '/', '*', '\n', '\0'}) {
      std::string changed = whole;
      changed[at] = c;
      survives(changed);
    }
  }
}

}  // namespace
}  // namespace clipwright::data::gcompris
